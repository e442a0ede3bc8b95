import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Account } from '../../packages/chartmogul-sandbox/src/account.js';
import { createServer } from '../../packages/chartmogul-sandbox/src/server.js';

/**
 * The figures of docs/sandbox.md, measured: `npx tsx --expose-gc test/sandbox/figures.ts`. Each is a ratio within one
 * run, or memory, so that another machine gives about the same.
 */
const customers = 20_000;
const run = promisify(execFile);
const collectGarbage = globalThis.gc ?? (() => console.log('(run with --expose-gc for the memory figure)'));

const account = new Account({ rateLimitPerSecond: 0, maxParallel: 0 });
account.reset({});
const server = createServer({ account, commit: () => {} });
server.get('/bare', () => ({ data: 'pong!' }));
const url = await server.listen({ host: '127.0.0.1', port: 0 });
const { leadsSourceUuid } = account.sourceUuids();

const emptyBytes = memory();
await create(200, 0);
const fewMicroseconds = timeLookups(200);
await create(customers, 200);
const manyMicroseconds = timeLookups(customers);
console.log(`memory of ${customers} customers: ${((memory() - emptyBytes) / 1_048_576).toFixed(0)} MB`);
console.log(
  `lookup by source and external id: ${fewMicroseconds.toFixed(2)} µs among 200, ` +
    `${manyMicroseconds.toFixed(2)} µs among ${customers}`,
);

const uuid = account.store.customers.find(leadsSourceUuid, 'lead_17')?.uuid;
const paths = { customer: `/v1/customers/${uuid}`, lookup: `/v1/customers?external_id=lead_17` };
for (const encoding of ['', 'gzip']) {
  const ratios: Record<string, number[]> = {};
  for (let round = 0; round < 5; round++) {
    const bare = await load(`${url}/bare`, encoding);
    for (const [name, path] of Object.entries(paths)) {
      ratios[name] = [...(ratios[name] ?? []), (await load(`${url}${path}`, encoding)) / bare];
    }
  }
  for (const [name, all] of Object.entries(ratios)) {
    console.log(`GETs of ${name}, ${encoding || 'plain'}: ${median(all).toFixed(2)} of the rate of a bare route`);
  }
}
await server.close();

async function create(upTo: number, from: number): Promise<void> {
  const headers = { authorization: `Basic ${Buffer.from('sandbox-key:').toString('base64')}` };
  for (let number = from; number < upTo; number++) {
    const { statusCode } = await server.inject({
      method: 'POST',
      url: '/v1/customers',
      headers,
      payload: {
        data_source_uuid: leadsSourceUuid,
        external_id: `lead_${number}`,
        name: `Lead ${number}`,
        email: `lead${number}@example.com`,
        lead_created_at: '2026-01-05T10:00:00Z',
        attributes: { tags: ['imported'], custom: [{ type: 'String', key: 'channel', value: `channel ${number}` }] },
      },
    });
    if (statusCode !== 201) throw new Error(`a customer was answered with ${statusCode}`);
  }
}

function timeLookups(total: number): number {
  const times = 200_000;
  const start = performance.now();
  for (let index = 0; index < times; index++) account.store.customers.find(leadsSourceUuid, `lead_${index % total}`);
  return ((performance.now() - start) * 1000) / times;
}

function memory(): number {
  collectGarbage();
  return process.memoryUsage().rss;
}

function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

async function load(target: string, encoding: string): Promise<number> {
  const { stdout } = await run('npx', ['tsx', 'test/sandbox/load.ts', target, '1', encoding]);
  return Number(stdout);
}
