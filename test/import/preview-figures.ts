import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcesses, startProgram } from '../e2e/processes.js';
import { Figures } from './figure-table.js';

/**
 * The memory figures of docs/import.md, on Linux, for the built command: `npm run build && npx tsx
 * test/import/preview-figures.ts [megabytes]`. Previews 200,000 malformed lines, then a file of the given size (default
 * 30) in which every hundredth line repeats a lead, which takes a minute. Exit code 1: a target was missed.
 */
const megabytes = Number(process.argv[2] ?? 30);
/** One bit a line is kept in memory, and a bound of some megabytes for all files. */
const mostMb = 150;
const folder = await mkdtemp(join(tmpdir(), 'import-figures-'));
const header = 'lead_id,lead_created_at,trial_started_at,billing_customer_id,paid_at,name,email';
const figures = new Figures();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void endProcesses().then(clear));
try {
  const empty = await measured(['--eval', '0']);
  figures.tell('MB of an empty Node', empty.peakMb);
  const one = await preview(await file('one.csv', `${header}\nlead_1,2016-01-05T00:00:00Z,,,,,`));
  figures.tell('MB of the command with one line', one.peakMb);
  await measureMalformed();
  await measureLarge(one.peakMb);
} finally {
  await endProcesses();
  await clear();
}
process.exitCode = figures.exitCode();

async function measureMalformed(): Promise<void> {
  const { peakMb, seconds, exitCode, sums } = await preview(await malformedFile());
  figures.tell('200,000 malformed lines: seconds', seconds);
  figures.expect('exit code', exitCode, 2);
  figures.tell('MB', peakMb);
  const numbers = await rejectedLines(sums.rejects);
  figures.expect('good lines', sums.good, 0);
  figures.expect('records in the rejects file', numbers.length, sums.bad);
  figures.expect('different lines named in the rejects file', new Set(numbers).size, numbers.length);
  figures.expect('from line', numbers[0] ?? 0, 2);
}

async function measureLarge(oneMb: number): Promise<void> {
  const { path, lines } = await largeFile();
  const { peakMb, seconds, exitCode, sums } = await preview(path);
  figures.tell(`${megabytes} MB: seconds`, seconds);
  figures.expect('exit code', exitCode, 0);
  figures.tell('MB', peakMb);
  figures.expectAtMost('MB above the command with one line', peakMb - oneMb, mostMb);
  figures.expect('good lines', sums.good, lines);
  figures.expect('lines that repeat a lead', sums.repeats.count, Math.floor(lines / 100));
}

interface Sums {
  readonly good: number;
  readonly bad: number;
  readonly repeats: { readonly count: number };
  readonly rejects: string;
}

async function preview(path: string) {
  const { stdout, ...figures } = await measured([
    '--max-semi-space-size=8',
    'lib/starter.js',
    'import',
    path,
    '--dry-run',
    '--json',
  ]);
  const sums: Sums = JSON.parse(stdout).preview;
  return { ...figures, sums };
}

/** Runs Node and reads its peak resident memory (the kernel's high-water mark). */
async function measured(args: readonly string[]) {
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
  const { stdout, exitCode } = await ended;
  return { peakMb, seconds: (Date.now() - begun) / 1000, stdout, exitCode };
}

async function rejectedLines(path: string): Promise<number[]> {
  const rejects = await readFile(path, 'utf8');
  return [...rejects.matchAll(/^"lines? (\d+)(?: to \d+)?: /gm)].map(([, line]) => Number(line));
}

/** Pseudorandom lines with a fixed seed. None is valid: the first character is wrong, and fields are missing. */
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

async function largeFile(): Promise<{ path: string; lines: number }> {
  const path = join(folder, 'large.csv');
  const out = createWriteStream(path);
  out.write(`${header}\n`);
  let lines = 0;
  for (let bytes = 0; bytes < megabytes * 1e6; lines += 1_000) {
    const text = Array.from({ length: 1_000 }, (_, offset) => line(lines + offset)).join('');
    bytes += text.length;
    if (!out.write(text)) await once(out, 'drain');
  }
  await new Promise<void>((resolve) => out.end(resolve));
  return { path, lines };
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

async function clear(): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
