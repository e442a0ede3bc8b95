import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../../bench/harness/alternating.js';
import type { PlannedLead } from '../../drill/truth.js';
import type { Context, Row, Scenario } from '../context.js';
import { ingestAll, oneInFivePays, planLeads, recordsAndJourneys, report, writeLeads } from '../leads.js';
import { Product } from '../product.js';
import { eventually } from '../waiting.js';

const liveLeads = 10;
const betweenMs = 1_500;
/** A live lead may wait this long for its record, in milliseconds (p50). The import's own leads wait far longer. */
const tolerableWaitMs = 2_000;

export const liveBehindImport: Scenario = {
  name: 'import',
  about: 'live leads while an import runs: their waits, and the rate second by second',
  async run(context) {
    const { sandbox, rate } = context;
    const product = await Product.in(context, 'import');
    try {
      await Promise.all([product.startWorker(1), product.startWorker(2), product.startGateway()]);
      const imported = planLeads(context.rows, { weights: oneInFivePays });
      const live = planLeads(liveLeads, { from: 1_000_001, seed: 2 });
      const file = join(context.folder, 'import.csv');
      await writeLeads(file, imported);
      await ingestAll(sandbox, imported);
      const importing = product.commandLine(['import', file, '--yes', '--json'], '3 hours');
      await eventually(async () => {
        if (sandbox.requests.length < 4 * rate) throw new Error('the import sends no requests');
      });
      const waits = await tellLive(context, product, live);
      const { exitCode, stderr } = await importing;
      const seconds = requestsBySecond(context);
      context.onProgress(`requests by second: ${seconds.join(' ')}`);
      return [
        {
          what: `import of ${context.rows} leads`,
          expected: 'exit 0',
          seen: `exit ${exitCode} ${exitCode === 0 ? '' : stderr}`,
          isOk: exitCode === 0,
        },
        waitRow(waits),
        ...rateRows(context, seconds),
        ...(await recordsAndJourneys(product, sandbox, [...imported, ...live])),
      ];
    } finally {
      await product.stop();
    }
  },
};

/** Reports leads, one at a time. Returns how long each waited for its record, in milliseconds. */
async function tellLive({ sandbox }: Context, product: Product, leads: readonly PlannedLead[]): Promise<number[]> {
  const client = product.client();
  const waits: number[] = [];
  for (const lead of leads) {
    const [first, ...others] = lead.reports;
    if (first === undefined) continue;
    const reportedAt = Date.now();
    await report(client, sandbox, lead, first);
    const created = await eventually(async () => {
      const found = sandbox.requests.find(({ created }) => created === lead.leadId);
      if (found === undefined) throw new Error(`${lead.leadId} has no record`);
      return found;
    }, '2 minutes');
    waits.push(created.at - reportedAt);
    for (const fact of others) await report(client, sandbox, lead, fact);
    await sleep(betweenMs);
  }
  return waits;
}

function waitRow(waits: readonly number[]): Row {
  const [p50, max] = [percentile(waits, 50), percentile(waits, 100)];
  return {
    what: 'live lead reported to record created',
    expected: `p50 at most ${tolerableWaitMs} ms`,
    seen: `p50 ${p50.toFixed(0)} ms, max ${max.toFixed(0)} ms of ${waits.length}`,
    isOk: p50 <= tolerableWaitMs,
  };
}

/** Requests in each second, from the first record on. */
function requestsBySecond({ sandbox: { requests } }: Context): number[] {
  const begin = Math.min(...requests.flatMap(({ at, created }) => (created === undefined ? [] : at)));
  const seconds: number[] = [];
  for (const { at } of requests) {
    const second = Math.floor((at - begin) / 1000);
    if (second >= 0) seconds[second] = (seconds[second] ?? 0) + 1;
  }
  return Array.from(seconds, (count = 0) => count);
}

function rateRows({ sandbox, rate }: Context, seconds: readonly number[]): Row[] {
  // Without the start, when tokens have accumulated, and the end, when nothing waits any more.
  const busy = seconds.slice(2, Math.ceil(seconds.length * 0.8));
  const mean = busy.reduce((sum, count) => sum + count, 0) / busy.length;
  const refused = sandbox.requests.filter(({ status }) => status === 429 || status === 503).length;
  return [
    {
      what: 'requests a second',
      expected: `mean at most ${rate}`,
      seen: `mean ${mean.toFixed(1)}, by second ${seconds.join(' ')}`,
      isOk: mean <= rate * 1.05,
    },
    { what: 'refusals by ChartMogul (429, 503)', expected: '0', seen: String(refused), isOk: refused === 0 },
  ];
}
