import assert from 'node:assert/strict';
import { type Exchange, KnobError, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { ChartMogul } from './official-client.js';
import { Sandboxed } from './sandboxed.js';

describe('the control API of the sandbox', () => {
  const exchanges: Exchange[] = [];
  const test = new Sandboxed({ onRequest: (exchange) => exchanges.push(exchange) });
  beforeEach(() => {
    exchanges.length = 0;
  });

  it('deletes all data at a reset and returns the new sources', async () => {
    await test.lead('lead_1');
    const { status, json } = await test.raw('POST', '/_sandbox/reset', { body: {} });
    assert.equal(status, 200);
    const { leadsSourceUuid, billingSourceUuid } = test.sandbox;
    assert.deepEqual(json(), { leadsSourceUuid, billingSourceUuid });
    assert.deepEqual(test.sandbox.customers(), []);
    assert.deepEqual(test.sandbox.requests(), []);
  });

  it('sets knobs at a reset, and restores them at the next', async () => {
    await test.raw('POST', '/_sandbox/reset', { body: { nameRequired: true } });
    assert.equal((await test.raw('POST', '/v1/customers', { body: {} })).status, 400);
    assert.equal(Object((await test.raw('GET', '/_sandbox/knobs')).json()).nameRequired, true);
    await test.raw('POST', '/_sandbox/reset');
    const { nameRequired, mergeDelayMs } = Object((await test.raw('GET', '/_sandbox/knobs')).json());
    assert.deepEqual([nameRequired, mergeDelayMs], [false, 0]); // 0: given at the start
  });

  it('also accepts the knobs in a field of their own', async () => {
    await test.raw('POST', '/_sandbox/reset', { body: { knobs: { nameRequired: true } } });
    assert.equal(Object((await test.raw('GET', '/_sandbox/knobs')).json()).nameRequired, true);
  });

  it('rejects an unknown knob, and deletes nothing', async () => {
    await test.lead('lead_1');
    const { status, json } = await test.raw('POST', '/_sandbox/reset', { body: { mergeDelay: 1 } });
    assert.equal(status, 400);
    assert.match(Object(json()).message, /mergeDelay/);
    assert.equal(test.sandbox.customers().length, 1);
    await assert.rejects(startSandbox({ mergeDelayMs: -1 }), KnobError);
  });

  it('logs method, path without query, query, status and time of each API call, but no control calls', async () => {
    await ChartMogul.Customer.all(test.config, { external_id: 'a b' });
    await test.raw('GET', '/_sandbox/customers');
    const log = (await test.raw('GET', '/_sandbox/requests')).json();
    assert.ok(Array.isArray(log) && log.length === 1);
    const { at, ...call } = log[0];
    assert.deepEqual(call, { method: 'GET', path: '/v1/customers', query: 'external_id=a%20b', status: 200 });
    assert.ok(Math.abs(Date.parse(at) - Date.now()) < 60_000);
  });

  it('shows every record as stored, and what was merged into it', async () => {
    const [lead, payer] = [await test.lead('lead_1'), await test.payer('cus_1')];
    await test.merge(lead, payer);
    const records = (await test.raw('GET', '/_sandbox/customers')).json();
    assert.deepEqual(records, [{ ...(await test.retrieve(payer.uuid)), merged_uuids: [lead.uuid] }]);
  });

  it('requires no key', async () => {
    assert.equal((await fetch(`${test.sandbox.url}/_sandbox/customers`)).status, 200);
  });

  it('reports every call with both bodies to the importing program', async () => {
    await test.lead('lead_1');
    const [exchange] = exchanges;
    assert.deepEqual([exchange?.method, exchange?.path, exchange?.status], ['POST', '/v1/customers', 201]);
    assert.equal(Object(exchange?.requestBody).external_id, 'lead_1');
    assert.equal(Object(exchange?.responseBody).external_id, 'lead_1');
  });

  it('delays each call by the knob latencyMs', async () => {
    test.turn({ latencyMs: 40 });
    const start = performance.now();
    await test.raw('GET', '/v1/ping');
    assert.ok(performance.now() - start >= 39);
  });

  it('stops immediately, even with open connections', async () => {
    const sandbox = await startSandbox();
    sandbox.fault({ route: 'GET /v1/ping', status: 'timeout' });
    const authorization = `Basic ${Buffer.from('sandbox-key:').toString('base64')}`;
    const held = fetch(`${sandbox.url}/v1/ping`, { headers: { authorization } }).catch(() => 'cut');
    while (sandbox.requests().length === 0) await new Promise((resolve) => setImmediate(resolve));
    await sandbox.close();
    assert.equal(await held, 'cut');
  });
});

describe('the page of the sandbox', () => {
  const test = new Sandboxed();

  it('shows records, merges, pending jobs and the latest requests, without scripts', async () => {
    const lead = await test.lead('lead_1', { name: 'Adam <b>Smith</b> & Sons' });
    const payer = await test.payer('cus_1', { paid_at: '2016-02-25' });
    await test.merge(lead, payer);
    await test.lead('lead_2', { name: 'Eve' });
    test.sandbox.ingest({ external_id: 'cus_later', delayMs: 60_000 });
    const { status, headers, text } = await test.raw('GET', '/');
    assert.equal(status, 200);
    assert.match(String(headers.get('content-type')), /^text\/html/);
    for (const part of [
      'Leads: lead_1, Stripe: cus_1',
      'Active',
      lead.uuid,
      'cus_later',
      '/v1/customers/merges',
      'Eve',
    ]) {
      assert.ok(text.includes(part), part);
    }
    assert.ok(!text.includes('<script'));
  });

  it('shows markup in a name as text', async () => {
    await test.lead('lead_1', { name: '<img src=x onerror="alert(1)">' });
    const { text } = await test.raw('GET', '/');
    assert.ok(!text.includes('<img'));
    assert.ok(text.includes('&#60;img'));
  });
});
