import { setTimeout as sleep } from 'node:timers/promises';
import { apiKey } from '../../src/sandbox/index.js';
import { endProcesses, type Running, start } from '../e2e/processes.js';
import { openStage, type Stage } from '../support/journeys.js';
import { mochaGlobalTeardown } from '../support/temporal-server.js';
import { type MixedLeads, mixedLeads, populate, withFile, wrongRecords } from './leads.js';

/**
 * The figures of docs/import.md, measured against the sandbox with its limits on, 40 requests a second and 20 at once:
 * `npx tsx test/import/figures.ts [rows] [kill]`. 5,000 rows take six minutes at 30 requests a second; with `kill` the
 * import is killed with SIGKILL in the middle and run again.
 */
const [rowsText = '5000', kill] = process.argv.slice(2);
const rows = Number(rowsText);
const share = (of5000: number) => Math.round((rows * of5000) / 5_000);
const leads = mixedLeads({ rows, paying: share(1_000), existing: share(500), bad: share(50), repeats: share(20) });
const requestsPerSecond = 30;

/** Leads that live while the import runs: each is created, and pays a second later. */
const liveLeads = Array.from({ length: 10 }, (_, index) => ({ leadId: `live_${index}_`, customer: `payer_${index}_` }));
const [leadCreatedAt, paidAt] = ['2018-01-05T00:00:00Z', '2018-03-01T00:00:00Z'];

/** When each of their ids was first seen in a request. */
const seen = new Map<string, number>();
const stage = await openStage({
  mergeDelayMs: 3_000,
  mergeAfterReads: 0,
  worker: { requestsPerSecond },
  onRequest: ({ requestBody, query }) => {
    const id = (requestBody as { external_id?: string } | undefined)?.external_id; // as the worker sends it
    const live = id ?? /external_id=([^&]*)/.exec(query)?.[1] ?? '';
    if (/^(?:live|payer)_/.test(live) && !seen.has(live)) seen.set(live, Date.now());
  },
});
try {
  await withFile(leads.csv, (path) => measure(stage, leads, path));
} finally {
  await endProcesses();
  await stage.close();
  await mochaGlobalTeardown();
}

async function measure({ sandbox, journeys }: Stage, mixed: MixedLeads, path: string): Promise<void> {
  await populate(sandbox, apiKey, mixed);
  const before = sandbox.requests().length;
  const begun = Date.now();
  let importing = startImport(path);
  await reached(importing, before + mixed.leads / 2);
  if (kill) {
    importing.process.kill('SIGKILL');
    await importing.ended;
    console.log(`killed after ${sandbox.requests().length - before} requests`);
    importing = startImport(path);
  }
  for (const { customer } of liveLeads) sandbox.ingest({ external_id: customer, paid_at: paidAt, delayMs: 0 });
  const times = { created: [], lookedUp: [] };
  for (const live of liveLeads) await measureLive(live, times);
  console.log(`live leads created after ${times.created} ms, their payers looked up after ${times.lookedUp} ms`);
  const ended = await importing.ended;
  const made = sandbox.requests().slice(before);
  console.log(ended.stdout.trimEnd(), `\n${ended.stderr.trimEnd().split('\n').slice(-3).join('\n')}`);
  console.log(`exit code ${ended.exitCode} after ${((Date.now() - begun) / 1000).toFixed(0)} s`);
  tellRate(made.map(({ at }) => Date.parse(at)));
  const refused = made.filter(({ status }) => status === 429 || status === 503).length;
  console.log(`answers 429 or 503: ${refused}; memory of this process ${process.memoryUsage().rss >> 20} MB`);

  const expected = new Map(mixed.expected);
  for (const { leadId, customer } of liveLeads) {
    await journeys.handle(leadId).result();
    expected.set(leadId, { leadCreatedAt, customer });
  }
  console.log('wrong records:', wrongRecords(sandbox, { ...mixed, expected }));
  const written = sandbox.requests().length;
  const second = await startImport(path).ended;
  console.log(`second pass: exit code ${second.exitCode}, ${sandbox.requests().length - written} requests`);
  console.log(second.stdout.trimEnd());
}

interface Times {
  readonly created: number[];
  readonly lookedUp: number[];
}

async function measureLive({ leadId, customer }: (typeof liveLeads)[number], times: Times): Promise<void> {
  const created = Date.now();
  await stage.journeys.leadCreated(leadId, { occurredAt: leadCreatedAt });
  times.created.push((await seenAt(leadId)) - created);
  await sleep(1_000);
  const paid = Date.now();
  await stage.journeys.paymentSucceeded(leadId, { occurredAt: paidAt, billingCustomerId: customer });
  times.lookedUp.push((await seenAt(customer)) - paid);
}

async function seenAt(id: string): Promise<number> {
  await until(() => seen.has(id));
  return seen.get(id) ?? 0;
}

/** The share of the rate that was used: over all, and once the import was under way and until its last line was begun. */
function tellRate(times: readonly number[]): void {
  const [first = 0] = times;
  const last = times.at(-1) ?? first;
  const overall = (times.length * 1000) / (last - first);
  const inner = times.filter((at) => at > first + 10_000 && at < last - 30_000);
  const steady = (inner.length * 1000) / ((inner.at(-1) ?? 0) - (inner[0] ?? 0));
  const of = (rate: number) => `${rate.toFixed(2)}/s, ${((rate * 100) / requestsPerSecond).toFixed(1)} %`;
  console.log(`${times.length} requests: ${of(overall)} over all, ${of(steady)} without the ends`);
}

function startImport(path: string): Running {
  return start('src/starter.ts', ['import', path, '--yes', '--skip-bad'], {
    TEMPORAL_ADDRESS: stage.server.address,
    JOURNEY_ACCOUNT: stage.account,
    CHARTMOGUL_REQUESTS_PER_SECOND: String(requestsPerSecond),
  });
}

async function reached(importing: Running, requests: number): Promise<void> {
  await until(() => stage.sandbox.requests().length >= requests || importing.process.exitCode !== null);
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 10 * 60_000;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error('it takes too long');
    await sleep(5);
  }
}
