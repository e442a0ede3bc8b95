import { Command, InvalidArgumentError } from 'commander';
import { runDrill } from './drill.js';
import { Progress } from './progress.js';
import { tableOf } from './table.js';
import { isFine } from './verdict.js';

/** The command line: `npm run drill -- --journeys 200 --minutes 3`. */
const program = new Command('drill')
  .description('Real processes, killed at random, and a ChartMogul that fails in every way: no journey may be lost.')
  .option('--journeys <number>', 'leads that go their way', readWhole, 200)
  .option('--minutes <number>', 'how long everything is disturbed; settling and comparing come on top', readPositive, 3)
  .option('--seed <number>', 'repeats a drill; told at its end', readWhole, Math.ceil(Math.random() * 1_000_000))
  .option('--json', 'the result as JSON')
  .addHelpText(
    'after',
    '\nExit codes: 0 no journey was lost; 1 something is off, and told; 2 the options cannot be right.',
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

// What a drill has started ends with it, also when it is broken off: see process.ts.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

program.action(async (options: { journeys: number; minutes: number; seed: number; json?: boolean }) => {
  const progress = new Progress();
  const result = await runDrill({ ...options, onProgress: (line, share) => progress.show(line, share) });
  progress.end();
  console.log(options.json ? JSON.stringify(result, undefined, 2) : tableOf(result));
  if (!isFine(result)) process.exitCode = 1;
});

await program.parseAsync();

function readPositive(text: string): number {
  const number = Number(text);
  if (!(number > 0 && Number.isFinite(number))) throw new InvalidArgumentError('It must be a number above 0.');
  return number;
}

function readWhole(text: string): number {
  const number = readPositive(text);
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return number;
}
