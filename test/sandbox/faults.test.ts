import assert from 'node:assert/strict';
import { request } from 'node:http';
import { ChartMogul, refusalOf } from './official-client.js';
import { Sandboxed } from './sandboxed.js';

const { Ping } = ChartMogul;

describe('faults of the sandbox', () => {
  const test = new Sandboxed();

  const statuses = async (calls: number) => {
    const seen: number[] = [];
    for (let call = 0; call < calls; call++) seen.push((await test.raw('GET', '/v1/ping')).status);
    return seen;
  };

  it('fail the next calls of their route exactly as often as requested', async () => {
    await test.raw('POST', '/_sandbox/faults', { body: { route: 'GET /v1/ping', status: 429, times: 2 } });
    await test.raw('GET', '/v1/account');
    assert.deepEqual(await statuses(4), [429, 429, 200, 200]);
  });

  it('fail one call by default, and skip calls first if requested', async () => {
    test.sandbox.fault({ route: 'GET /v1/ping', status: 503, skip: 2 });
    assert.deepEqual(await statuses(4), [200, 200, 503, 200]);
  });

  it('of one route apply in sequence', async () => {
    test.sandbox.fault({ route: 'GET /v1/ping', status: 502, times: 2 });
    test.sandbox.fault({ route: 'GET /v1/ping', status: 401 });
    assert.deepEqual(await statuses(4), [502, 502, 401, 200]);
  });

  it('name routes with a colon before parameters, regardless of parameter names', async () => {
    const { uuid } = await test.lead('lead_1');
    test.sandbox.fault({ route: 'PATCH /v1/customers/:id', status: 500 });
    assert.equal((await test.raw('GET', `/v1/customers/${uuid}`)).status, 200);
    assert.equal((await test.raw('PATCH', `/v1/customers/${uuid}`, { body: {} })).status, 500);
  });

  it('of an unknown route are rejected with the list of known routes', async () => {
    const body = { route: 'GET /v1/pong', status: 500 };
    const { status, json } = await test.raw('POST', '/_sandbox/faults', { body });
    assert.equal(status, 400);
    assert.match(Object(json()).message, /GET \/v1\/ping/);
  });

  it('give every status the shape in which it occurs', async () => {
    const bodyOf = async (status: number) => {
      test.sandbox.fault({ route: 'GET /v1/ping', status });
      const answer = await test.raw('GET', '/v1/ping');
      assert.equal(answer.status, status);
      return answer;
    };
    for (const status of [401, 402, 403, 404, 429]) {
      assert.deepEqual(Object.keys(Object((await bodyOf(status)).json())), ['code', 'message', 'param']);
    }
    assert.deepEqual(Object.keys(Object((await bodyOf(422)).json())), ['errors']);
    assert.equal((await bodyOf(500)).text, '');
    for (const status of [502, 503, 504]) {
      assert.equal((await bodyOf(status)).headers.get('content-type'), 'text/plain');
    }
  });

  it('carry a Retry-After header only if requested', async () => {
    test.sandbox.fault({ route: 'GET /v1/ping', status: 429 });
    assert.equal((await test.raw('GET', '/v1/ping')).headers.get('retry-after'), null);
    test.sandbox.fault({ route: 'GET /v1/ping', status: 429, retryAfter: 7 });
    assert.equal((await test.raw('GET', '/v1/ping')).headers.get('retry-after'), '7');
  });

  it('answer with the given body', async () => {
    test.sandbox.fault({ route: 'GET /v1/ping', status: 404, body: { error: 'marked' } });
    assert.deepEqual((await refusalOf(Ping.ping(test.config))).body, { error: 'marked' });
  });

  it('that drop the answer still perform the operation', async () => {
    test.sandbox.fault({ route: 'POST /v1/customers', status: 'drop_answer' });
    await assert.rejects(test.lead('lead_1'));
    assert.equal((await test.find(test.sandbox.leadsSourceUuid, 'lead_1')).length, 1);
    assert.deepEqual(
      test.sandbox.requests().map(({ method, status }) => [method, status]),
      [
        ['POST', 0],
        ['GET', 200],
      ],
    );
  });

  it('that reset the connection do not perform the operation', async () => {
    test.sandbox.fault({ route: 'POST /v1/customers', status: 'reset' });
    await assert.rejects(test.lead('lead_1'), { code: 'ECONNRESET' });
    assert.equal((await test.find(test.sandbox.leadsSourceUuid, 'lead_1')).length, 0);
    assert.equal(test.sandbox.requests()[0]?.status, 0);
  });

  it('that are garbage are 200 with a body that is not JSON', async () => {
    test.sandbox.fault({ route: 'GET /v1/ping', status: 'garbage' });
    const { status, headers, json } = await test.raw('GET', '/v1/ping');
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'application/json');
    assert.throws(json);
  });

  it('that are timeouts hold the connection until the client gives up, and do nothing', async () => {
    test.sandbox.fault({ route: 'POST /v1/customers', status: 'timeout' });
    const signal = AbortSignal.timeout(50);
    const headers = { authorization: `Basic ${Buffer.from('sandbox-key:').toString('base64')}` };
    await assert.rejects(fetch(`${test.sandbox.url}/v1/customers`, { method: 'POST', body: '{}', headers, signal }), {
      name: 'TimeoutError',
    });
    assert.equal(test.sandbox.requests()[0]?.status, 0);
    assert.equal((await test.raw('GET', '/v1/ping')).status, 200);
  });

  it('are gone after a reset', async () => {
    test.sandbox.fault({ route: 'GET /v1/ping', status: 500 });
    test.sandbox.reset();
    assert.deepEqual(await statuses(1), [200]);
  });

  it('are not used up by rate-limited calls', async () => {
    test.turn({ rateLimitPerSecond: 1 });
    assert.deepEqual(await statuses(2), [200, 429]);
    test.turn({ rateLimitPerSecond: 1 });
    test.sandbox.fault({ route: 'GET /v1/ping', status: 500, skip: 1 });
    assert.deepEqual(await statuses(3), [200, 429, 429]);
  });

  it('leave the rest of a kept connection usable', async () => {
    test.sandbox.fault({ route: 'POST /v1/data_sources', status: 504 });
    assert.equal(await post(`${test.sandbox.url}/v1/data_sources`), 504);
    assert.equal(await post(`${test.sandbox.url}/v1/data_sources`), 400);
  });
});

function post(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Basic ${Buffer.from('sandbox-key:').toString('base64')}` };
    const call = request(url, { method: 'POST', headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    });
    call.on('error', reject).end('{}');
  });
}
