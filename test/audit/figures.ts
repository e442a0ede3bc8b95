import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { NativeConnection } from '@temporalio/worker';
import { pino } from 'pino';
import { apiKey, type Sandbox, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { type AuditClass, isDifference } from '../../src/domain/audit/classes.js';
import { chartMogulConfig, workerConfig } from '../../src/runtime/config.js';
import { connectJourneys } from '../../src/starter.js';
import { startWorker as startQuickWorker } from '../../src/worker.js';
import { auditId } from '../../src/workflows/audit-messages.js';
import { searchAttributeKeys } from '../../src/workflows/search-attributes.js';
import { startServer } from '../../tools/temporal-server/server.js';
import { endProcesses, type Running, start } from '../e2e/processes.js';
import { cpuSeconds, Figures } from '../import/figure-table.js';
import { unmergeByHand } from '../support/by-hand.js';
import { beginLead, type Disturbed, disturbances } from '../support/disturbances.js';
import { type AuditCost, costOf, memoryOf } from './measures.js';
import { seedJourneys, seedRecords, seedsOf } from './seeds.js';

/**
 * The figures of docs/audit.md:
 *
 *     npx tsx test/audit/figures.ts --leads 5000 --resync 300
 *     npx tsx test/audit/figures.ts --leads 100000 --seeded --kill
 *
 * The Temporal server with a database file, a worker, and the command `audit` run as separate processes, the sandbox in
 * this one. 400 leads are disturbed, in each way of test/support/disturbances.ts. An audit must name exactly those, `--fix`
 * must mend those that can be mended, and a second audit must agree.
 *
 * With `--seeded`, the leads that nobody disturbs have no real journeys: their records are written into the sandbox's data
 * file, and small workflows of the same type, with the same search attributes and results, run and end. With `--kill`, the
 * worker is killed with SIGKILL twice during another audit. With `--resync`, so many merges are undone at the end, as by a
 * re-sync of a billing source. Exit code 1: a target was missed.
 */
const { values } = parseArgs({
  options: {
    leads: { type: 'string', default: '5000' },
    disturbed: { type: 'string', default: '400' },
    resync: { type: 'string', default: '0' },
    seeded: { type: 'boolean', default: false },
    kill: { type: 'boolean', default: false },
  },
});
const [leads, disturbed, resync] = [values.leads, values.disturbed, values.resync].map(Number) as [
  number,
  number,
  number,
]; // three texts
/** The default of the worker. */
const requestsPerSecond = 36;
const journeysAtOnce = 40;

const folder = await mkdtemp(join(tmpdir(), 'audit-figures-'));
const dataFile = join(folder, 'sandbox.json');
const figures = new Figures();
const server = await startServer({
  ...{ port: 0, ui: false, download: false, searchAttributes: searchAttributeKeys },
  dbFilename: join(folder, 'temporal.db'),
});
const knobs = {
  data: dataFile,
  ingestDelayMs: 0,
  mergeDelayMs: 0,
  mergeAfterReads: 1,
  rateLimitPerSecond: 0,
  maxParallel: 0,
};
let sandbox: Sandbox = await startSandbox(knobs);
const { port } = new URL(sandbox.url);
const env = {
  TEMPORAL_ADDRESS: server.address,
  CHARTMOGUL_URL: sandbox.url,
  CHARTMOGUL_API_KEY: apiKey,
  BILLING_SOURCE: sandbox.billingSourceUuid,
  LEADS_SOURCE: sandbox.leadsSourceUuid,
};
const journeys = await connectJourneys(env);
const stage = { journeys, config: { chartMogul: chartMogulConfig(env) }, sandbox };
let worker: Running;
const expected = new Map<string, { readonly class: AuditClass; readonly afterFix: AuditClass }>();
const plain: Disturbed[] = [];

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end().then(() => process.exit(1)));
try {
  await prepare();
  await measure();
} finally {
  await end();
}
process.exitCode = figures.exitCode();

async function prepare(): Promise<void> {
  console.log('Preparing.');
  // Faster than a worker process may be.
  const connection = await NativeConnection.connect({ address: server.address });
  const config = { ...workerConfig(env), requestsPerSecond: 1_000, parallelRequests: 20 };
  const quick = await startQuickWorker({
    connection,
    namespace: server.namespace,
    config,
    log: pino({ level: 'error' }),
  });
  const ways = Object.values(disturbances);
  const cases = Array.from({ length: disturbed }, (_, at) => {
    const way = ways[at % ways.length] ?? ways[0];
    return { leadId: `wrong_${at}`, payerId: `cus_wrong_${at}`, way };
  });
  await each(cases, async ({ way, ...lead }) => way && beginLead(stage, lead, way.begins));
  // The sandbox is searched in memory, so this is quick only while it has few records.
  for (const { way, ...lead } of cases) {
    if (way === undefined) continue;
    await way.disturb(stage, lead);
    expected.set(lead.leadId, way);
  }
  const others = leads - disturbed;
  if (values.seeded) await seed(others);
  else {
    for (let at = 0; at < others; at += 1) plain.push({ leadId: `lead_${at}`, payerId: `cus_${at}` });
    await each(plain, (lead) => beginLead(stage, lead, 'proven'));
  }
  quick.stop();
  await quick.ended;
  await connection.close();
  worker = await startWorker({ CHARTMOGUL_REQUESTS_PER_SECOND: `${requestsPerSecond}` });
}

async function seed(count: number): Promise<void> {
  const seeds = seedsOf(count);
  const { leadsSourceUuid: leads, billingSourceUuid: billing } = sandbox;
  await sandbox.close();
  await seedRecords(dataFile, seeds, { leads, billing });
  sandbox = await startSandbox({ ...knobs, port: Number(port) });
  stage.sandbox = sandbox;
  await seedJourneys(server.address, journeys.client, seeds);
}

async function measure(): Promise<void> {
  figures.tell('ways of disturbing', Object.keys(disturbances).length);
  const wrong = [...expected.values()].filter((way) => isDifference(way.class)).length;
  figures.expect('leads that are disturbed', wrong, disturbed);
  console.log('\nAn audit');
  const first = await audit();
  compare(first, 'class');

  if (values.kill) {
    console.log('\nAn audit whose worker is killed twice');
    compare(await audit([], killTwice), 'class');
  }

  console.log('\nAn audit with --fix');
  const fixed = await audit(['--fix']);
  compare(fixed, 'class');
  const mendable = [...expected.values()].filter(({ afterFix }) => afterFix === 'ok').length;
  figures.expect('mended', [...fixed.mended.values()].filter((mended) => mended === 'yes').length, mendable);

  console.log('\nAn audit after it');
  compare(await audit(), 'afterFix');

  if (resync > 0) await measureResync();
  figures.tell('CPU seconds of server, worker', [cpuSeconds(server.pid), cpuSeconds(worker.process.pid)]);
}

async function measureResync(): Promise<void> {
  console.log(`\nA re-sync undoes ${resync} merges; an audit with --fix`);
  const undone = plain.slice(0, resync);
  for (const { leadId } of undone) await unmergeByHand(stage, leadId);
  await sleep(1_000); // an unmerge takes effect at once, or after a read
  const before = [...expected].filter(([, { afterFix }]) => isDifference(afterFix));
  const found = await audit(['--fix']);
  figures.expect('unmerged', [...found.classes.values()].filter((name) => name === 'unmerged').length, resync);
  figures.expect('mended', [...found.mended.values()].filter((mended) => mended === 'yes').length, resync);
  figures.expect('differences that are left', found.classes.size - resync, before.length);
  const merged = new Set(
    sandbox.customers().map(({ external_ids }) => (external_ids as string[]).toSorted().join(' ')),
  );
  const isMerged = ({ leadId, payerId }: Disturbed) => merged.has([leadId, payerId].sort().join(' '));
  figures.expect('merged again', undone.filter(isMerged).length, resync);
}

interface Found {
  readonly classes: ReadonlyMap<string, string>;
  readonly mended: ReadonlyMap<string, string>;
}

/** Runs the command, and prints what it cost. */
async function audit(args: readonly string[] = [], meanwhile?: () => Promise<void>): Promise<Found> {
  const out = join(folder, 'differences.csv');
  const requests = sandbox.requests().length;
  const rss = memoryOf(() => worker.process.pid);
  const begun = Date.now();
  const command = await start('src/starter.ts', ['audit', '--json', '--out', out, ...args], env);
  await meanwhile?.();
  const { exitCode, stderr, stdout } = await command.ended;
  if (exitCode !== 1 && exitCode !== 0) throw new Error(`audit ended with ${exitCode}: ${stderr}`);
  const report = JSON.parse(stdout);
  const cost: AuditCost = await costOf(journeys.client, auditId());
  figures.tell('seconds', (Date.now() - begun) / 1000);
  figures.tell('requests to ChartMogul, as reported, and in the sandbox', [
    report.requests,
    sandbox.requests().length - requests,
  ]);
  figures.tell('records in lists, leads read singly', [report.records, report.examined]);
  figures.tell('Actions, without those of the command and of restarted journeys', cost.actions);
  figures.tell('events, and kB of history, of runs', [cost.events, cost.historyKb, cost.runs]);
  const memory = rss.stop();
  figures.tell('MB of memory (RSS) of the worker: before, most, grown', [memory.before, memory.most, memory.grown]);
  figures.tell('load average of the last minute, with other programs', loadavg().slice(0, 1));
  figures.expect('expected leads', report.leads, leads);
  const lines = (await readFile(out, 'utf8')).trim().split(/\r?\n/).slice(1);
  const rows = lines.map((line) => line.split(','));
  return {
    classes: new Map(rows.map(([leadId = '', name = '']) => [leadId, name])),
    mended: new Map(rows.map((row) => [row[0] ?? '', row.at(-2) ?? ''])),
  };
}

function compare({ classes }: Found, which: 'class' | 'afterFix'): void {
  const wanted = new Map(
    [...expected].filter(([, way]) => isDifference(way[which])).map(([id, way]) => [id, way[which]]),
  );
  const wrong = [...wanted].filter(([leadId, name]) => classes.get(leadId) !== name);
  figures.expect('leads named', classes.size, wanted.size);
  figures.expect('leads not named, or in another class', wrong.length, 0);
  for (const [leadId, name] of wrong.slice(0, 5)) console.log(`  ${leadId}: ${classes.get(leadId)} instead of ${name}`);
}

/** After a third and two thirds of the lists. */
async function killTwice(): Promise<void> {
  const before = sandbox.requests().length;
  const pages = (2 * leads) / 200;
  for (const share of [1, 2]) {
    while (sandbox.requests().length - before < (pages * share) / 3) await sleep(50);
    worker.process.kill('SIGKILL');
    figures.expect('killed by', (await worker.ended).signal, 'SIGKILL');
    worker = await startWorker({ CHARTMOGUL_REQUESTS_PER_SECOND: `${requestsPerSecond}` });
  }
}

async function startWorker(settings: Readonly<Record<string, string>>): Promise<Running> {
  const started = await start('src/worker.ts', [], { ...env, ...settings });
  await started.said('worker started');
  return started;
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const waiting = items.values();
  const workOneByOne = async () => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: journeysAtOnce }, workOneByOne));
}

async function end(): Promise<void> {
  await journeys.client.connection.close();
  await endProcesses();
  await sandbox.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
