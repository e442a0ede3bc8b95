import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { apiKey, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { connectJourneys } from '../../src/starter.js';
import { searchAttributeKeys } from '../../src/workflows/search-attributes.js';
import { startServer } from '../../tools/temporal-server/server.js';
import { type Ended, endProcesses, type Running, start } from '../e2e/processes.js';
import { cpuSeconds, Figures } from './figure-table.js';
import { mixedLeads, populate, withFile, wrongRecords } from './leads.js';
import { liveLeads, measureLive, noteLive } from './live-leads.js';

/**
 * The figures of docs/import.md: `npx tsx test/import/figures.ts [--rows 5000] [--rate 30] [--parallel 6] [--kill]`.
 * The embedded server, a worker and the import run as separate processes, against the sandbox in this process with its
 * limits: 40 requests per second, 20 concurrent. 5,000 rows take six minutes at 30 requests per second. With `--kill`,
 * the import is killed with SIGKILL halfway and run again. Exit code 1: a target was missed.
 */
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '5000' },
    rate: { type: 'string', default: '30' },
    parallel: { type: 'string', default: '6' },
    kill: { type: 'boolean', default: false },
  },
});
const rows = Number(values.rows);
const requestsPerSecond = Number(values.rate);
const share = (of5000: number) => Math.round((rows * of5000) / 5_000);
const leads = mixedLeads({ rows, paying: share(1_000), existing: share(500), bad: share(50), repeats: share(20) });

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end(1));
// The timeout for an import that hangs: 100 leads per minute would be far too slow.
setTimeout(
  () => {
    console.error('The import timed out.');
    void end(1);
  },
  (rows / 100 + 5) * 60_000,
).unref();

const figures = new Figures();
let importCpu = 0;
const server = await startServer({ port: 0, ui: false, download: false, searchAttributes: searchAttributeKeys });
const sandbox = await startSandbox({ ingestDelayMs: 0, mergeDelayMs: 3_000, onRequest: noteLive });
const env = {
  TEMPORAL_ADDRESS: server.address,
  CHARTMOGUL_URL: sandbox.url,
  CHARTMOGUL_API_KEY: apiKey,
  CHARTMOGUL_REQUESTS_PER_SECOND: String(requestsPerSecond),
  CHARTMOGUL_PARALLEL_REQUESTS: values.parallel,
};
const worker = await start('src/worker.ts', [], env);
const journeys = await connectJourneys(env);
try {
  await worker.said('worker started');
  await populate(sandbox, apiKey, leads);
  await withFile(leads.csv, measure);
} finally {
  await journeys.client.connection.close();
  await endProcesses();
  await sandbox.close();
  await server.stop();
}
process.exitCode = figures.exitCode();

async function measure(path: string): Promise<void> {
  const before = sandbox.requests().length;
  const { importing, ended } = await importOnce(path, before);
  const made = sandbox.requests().slice(before);
  const expected = new Map(leads.expected);
  for (const { leadId, ...live } of liveLeads) {
    await journeys.handle(leadId).result();
    expected.set(leadId, live);
  }

  figures.tell('requests', made.length);
  tellRate(made.map(({ at }) => Date.parse(at)));
  figures.expect('answers 429 or 503', made.filter(({ status }) => [429, 503].includes(status)).length, 0);
  figures.expect('exit code', ended.exitCode, 0);
  await tellRejects(path);
  const wrong = wrongRecords(sandbox, { ...leads, expected });
  figures.expect(`wrong records of ${expected.size}`, wrong.length, 0);
  if (wrong.length > 0) console.log(wrong.slice(0, 10).join('\n'));
  tellTimes();
  figures.tell('load average of the last minute, with other programs', loadavg().slice(0, 1));
  const [serverCpu, workerCpu, ownCpu] = [server.pid, worker.process.pid, process.pid].map(cpuSeconds);
  figures.tell('CPU seconds of server, worker, import, sandbox', [serverCpu, workerCpu, importCpu, ownCpu].map(Number));
  console.log(ended.stdout, lastLine(importing));

  const written = sandbox.requests().length;
  const begun = Date.now();
  const second = await (await startImport(path)).ended;
  figures.tell('second pass: seconds', (Date.now() - begun) / 1000);
  figures.expect('second pass: exit code', second.exitCode, 0);
  figures.expect('second pass: requests', sandbox.requests().length - written, 0);
}

/** Measures the whole import. The live leads, and the kill, come when half of it is done. */
async function importOnce(path: string, before: number): Promise<{ importing: Running; ended: Ended }> {
  const begun = Date.now();
  let importing = await startImport(path);
  const half = before + (leads.leads + 5 * share(1_000)) / 2;
  while (sandbox.requests().length < half && importing.process.exitCode === null) await sleep(20);
  if (values.kill) {
    importing.process.kill('SIGKILL');
    figures.expect('killed by', (await importing.ended).signal, 'SIGKILL');
    figures.tell('requests when killed', sandbox.requests().length - before);
    importing = await startImport(path);
  }
  const looking = setInterval(() => {
    importCpu = cpuSeconds(importing.process.pid) || importCpu;
  }, 1_000);
  await measureLive(journeys, sandbox);
  const ended = await importing.ended;
  clearInterval(looking);
  figures.tell('seconds', (Date.now() - begun) / 1000);
  return { importing, ended };
}

function startImport(path: string): Promise<Running> {
  return start('src/starter.ts', ['import', path, '--yes', '--skip-bad'], env);
}

/** The share of the rate limit that was used: in total, and until the last lines were started. */
function tellRate(times: readonly number[]): void {
  const [first = 0] = times;
  const last = times.at(-1) ?? first;
  const share = (from: number, to: number) => {
    const inner = times.filter((at) => at >= from && at < to);
    return (inner.length * 100_000) / (to - from) / requestsPerSecond;
  };
  figures.tell(`% of ${requestsPerSecond} requests/s until the end`, share(first, last));
  const minutes = Array.from({ length: Math.ceil((last - first) / 60_000) }, (_, index) => first + index * 60_000);
  figures.tell(
    'minute by minute',
    minutes.map((from) => share(from, Math.min(from + 60_000, last))),
  );
  const steady = share(first + 10_000, last - 30_000);
  figures.expectAtLeast('% of it without the first 10 and the last 30 s', steady, 95);
}

async function tellRejects(path: string): Promise<void> {
  const rejects = await readFile(path.replace('.csv', '.rejects.csv'), 'utf8');
  const rejected = [...rejects.matchAll(/line (\d+): /g)].map(([, line]) => Number(line));
  const isExact = rejected.join() === leads.badLines.join();
  figures.expect(
    `rejected of ${leads.badLines.length} bad lines`,
    isExact ? rejected.length : -1,
    leads.badLines.length,
  );
}

function tellTimes(): void {
  for (const [name, times] of [
    ['live leads created after ms', liveLeads.map(({ createdAfterMs }) => createdAfterMs)],
    ['their payers looked up after ms', liveLeads.map(({ lookedUpAfterMs }) => lookedUpAfterMs)],
  ] as const) {
    figures.expectAtMost(`${name}, slowest of ${times.length}`, Math.max(...times), 1_000);
  }
}

function lastLine(importing: Running): string {
  return (
    importing
      .output()
      .split('\n')
      .filter((line) => / of .* created /.test(line))
      .at(-1) ?? ''
  );
}

async function end(exitCode: number): Promise<never> {
  await endProcesses();
  await server.stop();
  process.exit(exitCode);
}
