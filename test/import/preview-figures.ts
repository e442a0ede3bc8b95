import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcesses, startProgram } from '../e2e/processes.js';

/**
 * The memory figures of docs/import.md, on Linux: `npx tsx test/import/preview-figures.ts [megabytes]`. Previews a file of
 * that size (1,000 by default, in which every hundredth line repeats a lead, takes about three minutes), and 200,000
 * malformed lines.
 */
const megabytes = Number(process.argv[2] ?? 1_000);
const folder = await mkdtemp(join(tmpdir(), 'import-figures-'));
const header = 'lead_id,lead_created_at,trial_started_at,billing_customer_id,paid_at,name,email';
try {
  const empty = await measured(['--eval', '0']);
  const idle = await measured(program(await file('idle.csv', `${header}\nlead_1,2016-01-05T00:00:00Z,,,,,`)));
  console.log(`peak memory: empty Node ${empty.peakMb} MB, the command with one line ${idle.peakMb} MB`);
  const malformed = await measured(program(await malformedFile()));
  console.log(
    `200,000 malformed lines: ${malformed.peakMb} MB, ${malformed.seconds} s; ${await sumOf(malformed.stdout)}`,
  );
  const large = await largeFile();
  const { peakMb, seconds, stdout } = await measured(program(large));
  console.log(`${Math.round((await stat(large)).size / 1e6)} MB: ${peakMb} MB, ${seconds} s; ${await sumOf(stdout)}`);
} finally {
  await endProcesses();
  await rm(folder, { recursive: true, force: true });
}

function program(path: string): string[] {
  return ['--import', 'tsx', 'src/starter.ts', 'import', path, '--dry-run', '--skip-bad', '--json'];
}

/** Runs Node and watches its resident memory; what the kernel calls its high-water mark. */
async function measured(args: readonly string[]): Promise<{ peakMb: number; seconds: number; stdout: string }> {
  const begun = Date.now();
  const running = startProgram(process.execPath, args, {});
  let hasEnded = false;
  let peakMb = 0;
  const ended = running.ended.finally(() => {
    hasEnded = true;
  });
  while (!hasEnded) {
    const status = await readFile(`/proc/${running.process.pid}/status`, 'utf8').catch(() => '');
    peakMb = Math.max(peakMb, Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024));
    await sleep(args.includes('--eval') ? 1 : 50);
  }
  const { stdout, stderr } = await ended;
  if (stderr.includes('rror')) console.log(stderr);
  return { peakMb, seconds: Math.round((Date.now() - begun) / 1000), stdout };
}

/** Every line that was rejected, and that each names its own number. */
async function sumOf(stdout: string): Promise<string> {
  const { preview } = JSON.parse(stdout || '{"preview":{}}');
  const { lines, good, bad, repeats, rejects } = preview;
  const rejected = rejects === undefined ? '' : await readFile(rejects, 'utf8');
  const numbers = new Set([...rejected.matchAll(/line (\d+): [^\n]*\n/g)].map(([, line]) => line));
  return JSON.stringify({ lines, good, bad, repeats: repeats?.count, rejectedLines: numbers.size });
}

async function malformedFile(): Promise<string> {
  const pieces = ['"', '""', ',', 'x', '2016-01-05', '\0', '\r', '\u20ac', ';', 'lead', "'", '\\', '\t', ' '];
  let seed = 42;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  const lines = Array.from({ length: 200_000 }, () =>
    Array.from({ length: 1 + random(20) }, () => pieces[random(pieces.length)] ?? '').join(''),
  );
  return file('malformed.csv', [header, ...lines.map((line) => `#${line}`)].join('\n'));
}

async function largeFile(): Promise<string> {
  const path = join(folder, 'large.csv');
  const out = createWriteStream(path);
  out.write(`${header}\n`);
  for (let index = 0, bytes = 0; bytes < megabytes * 1e6; index += 1_000) {
    const lines = Array.from({ length: 1_000 }, (_, offset) => line(index + offset)).join('');
    bytes += lines.length;
    if (!out.write(lines)) await once(out, 'drain');
  }
  await new Promise<void>((resolve) => out.end(resolve));
  return path;
}

function line(index: number): string {
  const id = index % 100 === 99 ? index - 50 : index;
  const month = String(1 + (id % 9)).padStart(2, '0');
  return `lead_${id},2017-${month}-05T10:00:00Z,2017-${month}-06T10:00:00Z,cus_${id},2017-${month}-20T10:00:00Z,Lead ${id},${id}@b.example\n`;
}

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}
