import assert from 'node:assert/strict';
import { billingIdIn } from '../../src/activities/records.js';
import { ChartMogulError } from '../../src/chartmogul/errors.js';
import { SourceWatch } from '../../src/chartmogul/source-watch.js';
import { findSources, SourceMissingError } from '../../src/chartmogul/sources.js';
import { createLogger } from '../../src/runtime/logging.js';
import { eventually } from '../support/eventually.js';
import { type Bench, openBench } from './bench.js';

describe('finding the sources of an account', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench(); // has the sources "Leads" and "Stripe"
  });
  afterEach(() => bench.close());

  const posts = () => bench.sandbox.requests().filter(({ method }) => method === 'POST').length;

  it('is by name', async () => {
    assert.deepEqual(await findSources(bench.client, { leads: 'Leads', billing: 'Stripe' }), bench.sources());
    assert.equal(posts(), 0);
  });

  it('is by UUID', async () => {
    assert.deepEqual(await findSources(bench.client, bench.sources()), bench.sources());
    assert.equal(posts(), 0);
  });

  it('finds further billing sources', async () => {
    const { uuid: us } = await bench.client.createDataSource('Stripe US');
    const names = { leads: 'Leads', billing: 'Stripe', furtherBilling: { us: 'Stripe US' } };

    assert.deepEqual(await findSources(bench.client, names), { ...bench.sources(), furtherBilling: { us } });
    const missing = { ...names, furtherBilling: { eu: 'Stripe EU' } };
    await assert.rejects(findSources(bench.client, missing), /no data source Stripe EU\. The account has: .*Stripe US/);
    for (const name of ['Stripe', 'Leads']) {
      const twice = { ...names, furtherBilling: { us: name } };
      await assert.rejects(findSources(bench.client, twice), /us is a source that is used already/);
    }
  });

  it('finds the source of a customer, and its id there, from its alias', () => {
    const sources = { leads: 'ds_l', billing: 'ds_b', furtherBilling: { us: 'ds_us' } };

    assert.deepEqual(billingIdIn(sources, 'cus_1'), { dataSourceUuid: 'ds_b', externalId: 'cus_1' });
    assert.deepEqual(billingIdIn(sources, 'us:cus_1'), { dataSourceUuid: 'ds_us', externalId: 'cus_1' });
    assert.deepEqual(billingIdIn(sources, 'eu:cus_1'), { dataSourceUuid: 'ds_b', externalId: 'eu:cus_1' });
  });

  it('creates the leads source if there is none of that name', async () => {
    const { leads, billing } = await findSources(bench.client, { leads: 'Our leads', billing: 'Stripe' });

    assert.equal(billing, bench.sources().billing);
    const created = (await bench.client.listDataSources()).find(({ uuid }) => uuid === leads);
    assert.equal(created?.name, 'Our leads');
  });

  it('creates it once for repeated lookups', async () => {
    const names = { leads: 'Our leads', billing: 'Stripe' };

    assert.deepEqual(await findSources(bench.client, names), await findSources(bench.client, names));
    assert.equal(posts(), 1);
  });

  it('uses the leads source that another worker created meanwhile', async () => {
    const names = { leads: 'Our leads', billing: 'Stripe' };

    const [one, other] = await Promise.all([findSources(bench.client, names), findSources(bench.client, names)]);

    assert.deepEqual(one, other);
    assert.deepEqual(await statusesOfPosts(), [201, 422]);
  });

  it('fails if ChartMogul rejects the leads source for another reason', async () => {
    bench.sandbox.fault({ route: 'POST /v1/data_sources', status: 422 });

    const { kind, status } = await chartMogulErrorOf({ leads: 'Our leads', billing: 'Stripe' });

    assert.deepEqual([kind, status], ['refused', 422]);
  });

  it('fails with a retryable error if the answer to its creation is lost', async () => {
    bench.sandbox.fault({ route: 'POST /v1/data_sources', status: 'drop_answer' });

    assert.equal((await chartMogulErrorOf({ leads: 'Our leads', billing: 'Stripe' })).kind, 'unavailable');
    assert.ok((await findSources(bench.client, { leads: 'Our leads', billing: 'Stripe' })).leads);
    assert.equal(posts(), 1);
  });

  it('fails if ChartMogul does not answer', async () => {
    bench.sandbox.fault({ route: 'GET /v1/data_sources', status: 401 });

    assert.equal((await chartMogulErrorOf({ leads: 'Leads', billing: 'Stripe' })).kind, 'unauthorized');
  });

  it('uses one source for both if they have the same name', async () => {
    const { leads } = bench.sources();

    assert.deepEqual(await findSources(bench.client, { leads: 'Leads', billing: 'Leads' }), { leads, billing: leads });
  });

  it('uses one source for both if one is given by name and the other by UUID', async () => {
    const { leads } = bench.sources();

    assert.deepEqual(await findSources(bench.client, { leads: 'Leads', billing: leads }), { leads, billing: leads });
  });

  const missing: [what: string, leads: string, billing: string, name: string][] = [
    ['a billing source that is missing', 'Leads', 'Paddle', 'Paddle'],
    ['a billing source that is missing, and creates no leads source then', 'Our leads', 'Paddle', 'Paddle'],
    ['a leads source whose UUID is unknown', 'ds_unknown', 'Stripe', 'ds_unknown'],
    ['a source for both that is missing', 'Imported', 'Imported', 'Imported'],
  ];
  for (const [what, leads, billing, name] of missing) {
    it(`reports ${what}, and lists the existing sources`, async () => {
      const { leads: leadsUuid, billing: billingUuid } = bench.sources();

      await assert.rejects(
        findSources(bench.client, { leads, billing }),
        new SourceMissingError(
          `ChartMogul has no data source ${name}. The account has: Leads (${leadsUuid}), Stripe (${billingUuid}).`,
        ),
      );
      assert.equal(posts(), 0);
    });
  }

  it('reports an account without any source', async () => {
    for (const { uuid } of await bench.client.listDataSources()) await remove(uuid);

    await assert.rejects(
      findSources(bench.client, { leads: 'Leads', billing: 'Stripe' }),
      new SourceMissingError('ChartMogul has no data source Stripe. The account has: none.'),
    );
  });

  it('finds one that was deleted and made again, and waits for it without creating one', async () => {
    const before = bench.sources();
    const log = createLogger('warn');
    const warned: string[] = [];
    log.warn = (...args: unknown[]) => void warned.push(String(args.at(-1)));
    const watch = new SourceWatch(bench.client, { leads: 'Leads', billing: 'Stripe' }, log, 1);
    await watch.firstLook();

    for (const uuid of [before.leads, before.billing]) await remove(uuid);
    await eventually(() => warned.some((text) => text.startsWith('ChartMogul has no data source Leads.')));
    assert.deepEqual([watch.known(), posts()], [before, 0]);
    const { uuid: leads } = await bench.client.createDataSource('Leads');
    await eventually(() => warned.some((text) => text.startsWith('ChartMogul has no data source Stripe.')));
    const { uuid: billing } = await bench.client.createDataSource('Stripe');

    await eventually(() => watch.known().billing === billing);
    assert.deepEqual(watch.known(), { leads, billing });
    assert.equal(warned.at(-1), 'a data source was deleted and made again; using the new one');
    watch.stop();
    await watch.ended;
  });

  async function chartMogulErrorOf(names: { leads: string; billing: string }): Promise<ChartMogulError> {
    const error = await findSources(bench.client, names).catch((reason: unknown) => reason);
    assert.ok(error instanceof ChartMogulError, JSON.stringify(error));
    return error;
  }

  async function statusesOfPosts(): Promise<number[]> {
    const sent = bench.sandbox.requests().filter(({ method }) => method === 'POST');
    return sent.map(({ status }) => status).sort();
  }

  async function remove(uuid: string): Promise<void> {
    const authorization = `Basic ${Buffer.from('sandbox-key:').toString('base64')}`;
    const url = `${bench.sandbox.url}/v1/data_sources/${uuid}`;
    assert.equal((await fetch(url, { method: 'DELETE', headers: { authorization } })).status, 204);
  }
});
