import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

/**
 * Runs the test suite repeatedly while other processes keep every core busy: no test may depend on the machine's speed.
 * Exits with 1 if a test failed.
 */
const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs must be a whole number, 1 or more');

const busy = Array.from({ length: 2 * availableParallelism() }, () =>
  spawn(process.execPath, ['-e', 'for (;;);'], {
    stdio: 'ignore',
  }),
);
process.on('exit', () => {
  for (const loop of busy) loop.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

let failedRuns = 0;
for (let run = 1; run <= runs; run += 1) {
  const since = performance.now();
  const { output, exitCode } = await outputOf(spawn('npm', ['test'], { stdio: ['ignore', 'pipe', 'pipe'] }));
  const seconds = Math.round((performance.now() - since) / 1000);
  const counts = [...output.matchAll(/^ +\d+ (?:passing|failing)\b/gm)].map(([count]) => count.trim());
  console.log(`run ${run} of ${runs}: ${seconds} s, ${counts.join(', ') || 'no tests ran'}`);
  if (exitCode === 0) continue;
  failedRuns += 1;
  console.log(output.slice(Math.max(0, output.search(/^ +\d+ failing\b/m))));
}
process.exitCode = failedRuns === 0 ? 0 : 1;
for (const loop of busy) loop.kill('SIGKILL');

async function outputOf(child: ChildProcess): Promise<{ output: string; exitCode: number | null }> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text));
  await once(child, 'close');
  return { output, exitCode: child.exitCode };
}
