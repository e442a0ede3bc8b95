import assert from 'node:assert/strict';
import { ChartMogulClient, type FinishedRequest } from '../../src/chartmogul/client.js';
import { ChartMogulError } from '../../src/chartmogul/errors.js';
import { Transport } from '../../src/chartmogul/transport.js';
import { type AnsweringServer, answering, type FixedAnswer } from './answering.js';

const customer = { uuid: 'cus_1', data_source_uuid: 'ds_1', external_id: 'lead_1', status: 'New Lead' };

describe('the ChartMogul client', () => {
  let server: AnsweringServer;
  const open = async (answer: FixedAnswer, timeoutMs = 5_000) => {
    server = await answering(answer);
    return new ChartMogulClient({ apiKey: 'the-key', url: `${server.url}//`, timeoutMs });
  };
  const request = () => server.requests[0] ?? assert.fail('nothing was sent');
  afterEach(() => server.close());

  it('sends the key as the user name, with an empty password', async () => {
    const client = await open({ body: customer });

    await client.retrieveCustomer('cus_1');

    assert.equal(request().headers.authorization, `Basic ${Buffer.from('the-key:').toString('base64')}`);
    assert.equal(request().headers['user-agent'], 'customer-journey');
    assert.equal(request().headers.accept, 'application/json');
  });

  it('sends a body as JSON, and none with a GET', async () => {
    const client = await open({ body: customer });

    await client.retrieveCustomer('cus_1');
    await client.updateCustomer('cus_1', { lead_created_at: '2016-01-05T00:00:00Z' });

    const [get, patch] = server.requests;
    assert.deepEqual([get?.method, get?.headers['content-type'], get?.body], ['GET', undefined, '']);
    assert.deepEqual([patch?.method, patch?.headers['content-type']], ['PATCH', 'application/json']);
    assert.equal(patch?.body, '{"lead_created_at":"2016-01-05T00:00:00Z"}');
  });

  it('tells of each request how it ended and how long it took', async () => {
    const finished: FinishedRequest[] = [];
    server = await answering({ body: customer });
    const onRequest = (request: FinishedRequest) => void finished.push(request);
    const client = new ChartMogulClient({ apiKey: 'k', url: server.url, onRequest });

    await client.retrieveCustomer('cus_1');
    await assert.rejects(client.listDataSources(), ChartMogulError);
    await assert.rejects(client.deleteCustomer('cus_1', AbortSignal.abort()));
    await server.close();
    await assert.rejects(client.retrieveCustomer('cus_1'), ChartMogulError);

    assert.deepEqual(
      finished.map(({ operation, outcome, status }) => [operation, outcome, status]),
      [
        ['retrieveCustomer', 'ok', undefined],
        ['listDataSources', 'unavailable', 200],
        ['deleteCustomer', 'aborted', undefined],
        ['retrieveCustomer', 'unavailable', undefined],
      ],
    );
    assert.ok(finished.every(({ seconds }) => seconds >= 0));
  });

  it('escapes path segments', async () => {
    const client = await open({ body: customer });

    await client.retrieveCustomer('cus_1/../x?y#z');

    assert.equal(request().url, '/v1/customers/cus_1%2F..%2Fx%3Fy%23z');
  });

  it('keeps the path of the URL', async () => {
    const client = await open({ body: { data_sources: [] } });
    const behindProxy = new ChartMogulClient({ apiKey: 'k', url: `${server.url}/proxy/` });

    await client.listDataSources();
    await behindProxy.listDataSources();

    assert.deepEqual(
      server.requests.map(({ url }) => url),
      ['/v1/data_sources', '/proxy/v1/data_sources'],
    );
  });

  it('drops unused customer fields, and accepts null or missing ones', async () => {
    const client = await open({ body: { ...customer, lead_created_at: null, name: 'Adam Smith', mrr: 0 } });

    assert.deepEqual(await client.retrieveCustomer('cus_1'), { ...customer, lead_created_at: null });
  });

  it('treats any success as an accepted merge, regardless of the body', async () => {
    const client = await open({ status: 202, body: '' });

    assert.equal(await client.mergeCustomers('cus_1', 'cus_2'), undefined);
  });

  const unusable: [what: string, body: unknown, paths: string][] = [
    ['is no JSON', '<html>', '(all)'],
    ['is empty', '', '(all)'],
    ['is null', 'null', '(all)'],
    ['is a list', [], '(all)'],
    ['lacks fields', { uuid: 'cus_1' }, 'data_source_uuid, external_id, status'],
    ['has fields of another type', { ...customer, external_ids: [1] }, 'external_ids.0'],
  ];
  for (const [what, body, paths] of unusable) {
    it(`counts as unavailable with a 200 that ${what}`, async () => {
      const client = await open({ body });

      const error = await errorOf(client.retrieveCustomer('cus_1'));

      assert.deepEqual([error.kind, error.status], ['unavailable', 200]);
      assert.equal(error.message, `the answer is not ChartMogul's: ${paths}`);
      assert.equal(error.body, typeof body === 'string' ? body : JSON.stringify(body));
    });
  }

  it('keeps 2 kB of an unusable answer', async () => {
    const client = await open({ body: 'x'.repeat(5_000) });

    assert.equal((await errorOf(client.retrieveCustomer('cus_1'))).body.length, 2_048);
  });

  it('reads the retry time in seconds', async () => {
    const client = await open({ status: 429, headers: { 'retry-after': '7' } });

    assert.equal((await errorOf(client.listDataSources())).retryAfterMs, 7_000);
  });

  it('reads the retry time as a date', async () => {
    const client = await open({ status: 503, headers: { 'retry-after': new Date(Date.now() + 90_000).toUTCString() } });

    const { retryAfterMs = 0 } = await errorOf(client.listDataSources());

    assert.ok(retryAfterMs > 80_000 && retryAfterMs <= 90_000, String(retryAfterMs));
  });

  it('reads a past date as now', async () => {
    const client = await open({ status: 503, headers: { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' } });

    assert.equal((await errorOf(client.listDataSources())).retryAfterMs, 0);
  });

  for (const header of ['soon', '']) {
    it(`reads no retry time from "${header}"`, async () => {
      const client = await open({ status: 429, headers: { 'retry-after': header } });

      assert.equal((await errorOf(client.listDataSources())).retryAfterMs, undefined);
    });
  }

  it('times out without an answer', async () => {
    const client = await open({ stalls: 'before' }, 50);

    const error = await errorOf(client.listDataSources());

    assert.deepEqual([error.kind, error.status, error.message], ['unavailable', undefined, 'no answer within 50 ms']);
  });

  it('times out if an answer does not end', async () => {
    const client = await open({ stalls: 'within', body: customer }, 50);

    const error = await errorOf(client.retrieveCustomer('cus_1'));

    assert.deepEqual([error.kind, error.message], ['unavailable', 'no answer within 50 ms']);
  });

  it('reports an unreachable server, and keeps the cause', async () => {
    const client = await open({});
    await server.close();
    server = await answering({});

    const error = await errorOf(client.listDataSources());

    assert.deepEqual([error.kind, error.status, error.message], ['unavailable', undefined, 'no connection']);
    assert.ok(error.cause instanceof Error);
  });

  it('throws the reason of the abort signal', async () => {
    const client = await open({ stalls: 'before' });
    const controller = new AbortController();
    const arrival = server.arrival();

    const running = client.listDataSources(controller.signal);
    await arrival;
    controller.abort(new RangeError('enough'));

    await assert.rejects(running, new RangeError('enough'));
  });

  it('sends nothing if aborted before the start', async () => {
    const client = await open({ body: customer });

    await assert.rejects(client.createDataSource('Leads', AbortSignal.abort(new RangeError('enough'))), RangeError);

    assert.equal(server.requests.length, 0);
  });

  it("uses ChartMogul's URL by default", () => {
    assert.equal(new Transport({ apiKey: 'k' }).url, 'https://api.chartmogul.com');
  });
});

async function errorOf(running: Promise<unknown>): Promise<ChartMogulError> {
  const error = await running.then(
    (answer) => assert.fail(`answered ${JSON.stringify(answer)}`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ChartMogulError, String(error));
  return error;
}
