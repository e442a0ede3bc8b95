import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Account } from '../../packages/chartmogul-sandbox/src/account.js';
import { storedCustomers } from '../../packages/chartmogul-sandbox/src/control.js';
import { settle } from '../../packages/chartmogul-sandbox/src/jobs.js';
import { createServer } from '../../packages/chartmogul-sandbox/src/server.js';
import { Upkeep } from '../../packages/chartmogul-sandbox/src/upkeep.js';
import { runs } from '../support/runs.js';
import type { CustomerAnswer, List } from './official-client.js';
import { quick } from './sandboxed.js';

// Random sequences of what can be done to customers, through the whole API but without a network.

/** Which record an operation is for: the n-th of those there are. */
const pick = fc.nat({ max: 1_000 });
const operation = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('create' as const), source: fc.nat({ max: 2 }), id: fc.nat({ max: 9 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('patch' as const), one: pick, tag: fc.constantFrom('a', 'b', 'c') }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('merge' as const), one: pick, other: pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('unmerge' as const), one: pick, part: pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), one: pick }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('ingest' as const), id: fc.nat({ max: 9 }), paid: fc.boolean() }),
  },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** A sandbox without a network, and what must be true of it. */
class World {
  readonly account = new Account({ ...quick });
  readonly #server;
  readonly #sources: string[];

  constructor(dataFile?: string) {
    const upkeep = new Upkeep(this.account, dataFile);
    this.#server = createServer({ account: this.account, commit: () => upkeep.commit() });
    const { leadsSourceUuid, billingSourceUuid } = this.account.sourceUuids();
    this.#sources = [leadsSourceUuid, billingSourceUuid, this.account.addSource('Other', 'Custom')];
  }

  records(): CustomerAnswer[] {
    settle(this.account);
    return storedCustomers(this.account) as unknown as CustomerAnswer[]; // the same objects as the API's
  }

  /** Carries out an operation and returns the status, or undefined if there is no record for it. */
  async carryOut(wanted: Operation): Promise<number | undefined> {
    const records = this.records();
    const one = 'one' in wanted ? records[wanted.one % Math.max(1, records.length)] : undefined;
    if (wanted.do === 'create') {
      const body = { data_source_uuid: this.#sources[wanted.source], external_id: `id_${wanted.id}` };
      return (await this.call('POST', '/v1/customers', body)).status;
    }
    if (wanted.do === 'ingest') {
      const customer = { external_id: `id_${wanted.id}`, delayMs: 0, ...(wanted.paid && { paid_at: '2026-01-01' }) };
      return (await this.call('POST', '/_sandbox/stripe/customers', customer)).status;
    }
    if (!one) return undefined;
    if (wanted.do === 'patch') {
      return (await this.call('PATCH', `/v1/customers/${one.uuid}`, { attributes: { tags: [wanted.tag] } })).status;
    }
    if (wanted.do === 'delete') return (await this.call('DELETE', `/v1/customers/${one.uuid}`)).status;
    if (wanted.do === 'merge') {
      const into = records[wanted.other % records.length]?.uuid;
      const body = { from: { customer_uuid: one.uuid }, into: { customer_uuid: into } };
      return (await this.call('POST', '/v1/customers/merges', body)).status;
    }
    const part = wanted.part % one.external_ids.length;
    const ids = { data_source_uuid: one.data_source_uuids[part], external_id: one.external_ids[part] };
    return (await this.call('POST', '/v1/customers/unmerges', { customer_uuid: one.uuid, ...ids })).status;
  }

  async call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, body?: object) {
    const authorization = `Basic ${Buffer.from('sandbox-key:').toString('base64')}`;
    const payload = body === undefined ? {} : { payload: body };
    const answer = await this.#server.inject({ method, url, headers: { authorization }, ...payload });
    return { status: answer.statusCode, json: (): unknown => answer.json() };
  }
}

/** Every source id there is, sorted: the multiset that merges and unmerges must keep. */
function sourceIds(records: CustomerAnswer[]): string[] {
  return records.flatMap(idsOf).sort();
}

function idsOf({ external_ids, data_source_uuids }: CustomerAnswer): string[] {
  assert.equal(external_ids.length, data_source_uuids.length);
  return external_ids.map((externalId, index) => `${data_source_uuids[index]} ${externalId}`);
}

describe('any sequence of operations on customers in the sandbox', () => {
  const some = { numRuns: runs(20) };
  const sequence = fc.array(operation, { minLength: 5, maxLength: 40 });

  it('a merge and an unmerge keep the multiset of source ids, and every other operation changes only its own', async () => {
    await fc.assert(
      fc.asyncProperty(sequence, async (operations) => {
        const world = new World();
        for (const wanted of operations) {
          const before = sourceIds(world.records());
          const status = await world.carryOut(wanted);
          const after = sourceIds(world.records());
          if (wanted.do === 'create') assert.equal(after.length - before.length, status === 201 ? 1 : 0);
          else if (wanted.do === 'ingest') assert.ok(after.length - before.length <= 1);
          else if (wanted.do === 'delete') assert.ok(after.every((id) => before.includes(id)));
          else assert.deepEqual(after, before);
          assert.equal(new Set(after).size, after.length, 'a source id in two records');
        }
      }),
      some,
    );
  });

  it('every source id finds the one record that lists it, and the primary is among its ids', async () => {
    await fc.assert(
      fc.asyncProperty(sequence, async (operations) => {
        const world = new World();
        for (const wanted of operations) await world.carryOut(wanted);
        for (const record of world.records()) {
          assert.ok(idsOf(record).includes(`${record.data_source_uuid} ${record.external_id}`));
          for (const [index, externalId] of record.external_ids.entries()) {
            const url = `/v1/customers?data_source_uuid=${record.data_source_uuids[index]}&external_id=${externalId}`;
            const { entries } = (await world.call('GET', url)).json() as List<CustomerAnswer>; // the recorded list
            assert.deepEqual(
              entries.map(({ uuid }) => uuid),
              [record.uuid],
            );
          }
        }
      }),
      some,
    );
  });

  it('a merge and the unmerges of all its parts lose no tag', async () => {
    const tags = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(tags, { minLength: 2, maxLength: 5 }), async (tagsOfEach) => {
        const world = new World();
        const source = world.account.sourceUuids().leadsSourceUuid;
        for (const [number, own] of tagsOfEach.entries()) {
          const body = { data_source_uuid: source, external_id: `id_${number}`, attributes: { tags: own } };
          assert.equal((await world.call('POST', '/v1/customers', body)).status, 201);
        }
        const before = world.records().map(({ external_id, attributes }) => [external_id, [...attributes.tags].sort()]);
        for (let number = 1; number < tagsOfEach.length; number++) {
          await world.carryOut({ do: 'merge', one: 1, other: 0 });
        }
        const [only, ...others] = world.records();
        assert.deepEqual([others.length, new Set(only?.attributes.tags)], [0, new Set(tagsOfEach.flat())]);
        for (let number = 1; number < tagsOfEach.length; number++) {
          const ids = { data_source_uuid: source, external_id: `id_${number}` };
          await world.call('POST', '/v1/customers/unmerges', { customer_uuid: only?.uuid, ...ids });
        }
        const after = world.records().map(({ external_id, attributes }) => [external_id, [...attributes.tags].sort()]);
        assert.deepEqual(after, before);
      }),
      some,
    );
  });

  it('the data file restores identical records', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sandbox-'));
    let run = 0;
    await fc.assert(
      fc.asyncProperty(sequence, async (operations) => {
        const data = join(folder, `${run++}.jsonl`);
        const world = new World(data);
        for (const wanted of operations) await world.carryOut(wanted);
        await world.call('GET', '/_sandbox/customers'); // runs due jobs and writes the changes
        const again = new Account({ ...quick });
        new Upkeep(again, data);
        assert.deepEqual(storedCustomers(again), world.records());
      }),
      { numRuns: runs(10) },
    );
    rmSync(folder, { recursive: true });
  });

  it('pages of any size show each customer once while others are created and merged', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(sizes, sequence, async (perPage, operations) => {
        const world = new World();
        const source = world.account.sourceUuids().leadsSourceUuid;
        const stays: string[] = [];
        for (let number = 0; number < 20; number++) {
          const body = { data_source_uuid: source, external_id: `stays_${number}` };
          stays.push(Object((await world.call('POST', '/v1/customers', body)).json()).uuid);
        }
        const isOfOthers = (wanted: Operation) => wanted.do === 'create' || wanted.do === 'ingest';
        const coming = operations.filter(isOfOthers);
        const seen: string[] = [];
        let cursor = '';
        for (let page = 0, hasMore = true; hasMore; page++) {
          const url = `/v1/customers?per_page=${perPage[page % perPage.length]}&cursor=${encodeURIComponent(cursor)}`;
          const list = (await world.call('GET', url)).json() as List<CustomerAnswer>; // the recorded list
          seen.push(...list.entries.map(({ uuid }) => uuid));
          [cursor, hasMore] = [list.cursor ?? '', list.has_more];
          const next = coming.shift();
          if (next) await world.carryOut(next);
        }
        assert.equal(new Set(seen).size, seen.length);
        assert.deepEqual(
          seen.filter((uuid) => stays.includes(uuid)),
          stays,
        );
      }),
      some,
    );
  });
});
