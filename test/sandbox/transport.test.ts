import assert from 'node:assert/strict';
import { request } from 'node:http';
import { ChartMogul, configFor, refusalOf } from './official-client.js';
import { Sandboxed } from './sandboxed.js';

describe('the sandbox as a server', () => {
  const test = new Sandboxed();

  it('answers a ping [recorded 2017, ruby client]', async () => {
    assert.deepEqual(await ChartMogul.Ping.ping(test.config), { data: 'pong!' });
  });

  it('returns the account [recorded 2021, ruby client; id: official MCP server]', async () => {
    const account = await ChartMogul.Account.retrieve(test.config);
    assert.deepEqual(Object.keys(account).sort(), ['currency', 'id', 'name', 'time_zone', 'week_start_on']);
    assert.match(String(account.id), /^acc_/);
  });

  it('rejects an unknown key with 401 in shape A [recorded 2017 and 2020, ruby client]', async () => {
    const refusal = await refusalOf(ChartMogul.Ping.ping(configFor(test.sandbox.url, 'wrong')));
    assert.deepEqual(refusal, { status: 401, body: { code: 401, message: 'No valid API key provided', param: null } });
  });

  it('accepts an empty password or the key again, and no other [documented: authentication]', async () => {
    const withPassword = async (password: string) => {
      const authorization = `Basic ${Buffer.from(`sandbox-key:${password}`).toString('base64')}`;
      return (await test.raw('GET', '/v1/ping', { headers: { authorization } })).status;
    };
    assert.equal(await withPassword(''), 200);
    assert.equal(await withPassword('sandbox-key'), 200);
    assert.equal(await withPassword('other'), 401);
  });

  it('lets the read-only key read and answers its writes with 403 [documented: help article 4407796325906]', async () => {
    const config = configFor(test.sandbox.url, 'sandbox-readonly-key');
    assert.equal((await ChartMogul.DataSource.all(config)).data_sources.length, 2);
    const { status, body } = await refusalOf(ChartMogul.DataSource.create(config, { name: 'Other' }));
    assert.equal(status, 403);
    assert.deepEqual(Object.keys(Object(body)), ['code', 'message', 'param']);
    assert.equal((await ChartMogul.DataSource.all(config)).data_sources.length, 2);
  });

  it('sends JSON without a charset and the header for credentials [recorded 2023-10-29, ruby client]', async () => {
    const { headers } = await test.raw('GET', '/v1/ping');
    assert.equal(headers.get('content-type'), 'application/json');
    assert.equal(headers.get('access-control-allow-credentials'), 'true');
  });

  it('gzips a customer only on request [recorded 2023-10-29, ruby client]', async () => {
    const { uuid } = await test.lead('lead_1', { company: 'c'.repeat(300), lead_created_at: '2016-01-05' });
    const encodingOf = async (accepted: string) => {
      const { headers, json } = await test.raw('GET', `/v1/customers/${uuid}`, {
        headers: { 'accept-encoding': accepted },
      });
      assert.equal(Object(json()).uuid, uuid);
      return headers.get('content-encoding');
    };
    assert.equal(await encodingOf('gzip, deflate'), 'gzip');
    assert.equal(await encodingOf('identity'), null);
    assert.equal(await encodingOf('gzip;q=0'), null);
  });

  it('tolerates the JSON body that chartmogul-node sends with a GET [executed against a dummy server]', async () => {
    const answer = await withBody(test.sandbox.url, 'GET', '/v1/ping', '{}');
    assert.equal(answer, 200);
  });

  it('tolerates a JSON content type without a body on GET, POST and DELETE [executed: Go and Python clients]', async () => {
    const { uuid } = await test.lead('lead_1');
    assert.equal(await withBody(test.sandbox.url, 'GET', '/v1/ping', ''), 200);
    assert.equal(await withBody(test.sandbox.url, 'DELETE', `/v1/customers/${uuid}`, ''), 204);
    assert.equal(await withBody(test.sandbox.url, 'POST', '/v1/contacts/con_1/merge/con_2', ''), 404);
  });

  it('reads a space in a query as %20 and as +, and a plus sign as %2B [executed: node, Python and Go clients]', async () => {
    await test.lead('a b+c');
    for (const query of ['a%20b%2Bc', 'a+b%2Bc']) {
      const { json } = await test.raw('GET', `/v1/customers?external_id=${query}`);
      assert.equal(Object(json()).entries.length, 1, query);
    }
  });

  it('answers an unknown route with 404 in shape A [shape: recorded 2023-10-30, ruby client]', async () => {
    const { status, json } = await test.raw('GET', '/v1/nothing');
    assert.equal(status, 404);
    assert.deepEqual(Object.keys(Object(json())), ['code', 'message', 'param']);
  });

  it('answers a wrong method with 405 and lists the allowed methods [open: our choice]', async () => {
    const { status, headers, json } = await test.raw('PUT', '/v1/customers', { body: {} });
    assert.equal(status, 405);
    assert.equal(headers.get('allow'), 'GET, POST');
    assert.equal(Object(json()).code, 405);
  });

  it('answers a malformed body with 400 in shape A [documented: response codes]', async () => {
    for (const body of ['{"name":', 'name=x', '"']) {
      const { status, json } = await test.raw('POST', '/v1/data_sources', { body });
      assert.equal(status, 400, body);
      assert.equal(Object(json()).code, 400);
    }
  });

  it('answers a body of 2 MB with 413, and the next request normally [open: our choice]', async () => {
    const { status, json } = await test.raw('POST', '/v1/data_sources', { body: { name: 'x'.repeat(2_000_000) } });
    assert.equal(status, 413);
    assert.equal(Object(json()).code, 413);
    assert.deepEqual(await ChartMogul.Ping.ping(test.config), { data: 'pong!' });
  });

  it('answers a path that cannot be decoded with 400 in shape A [open: our choice]', async () => {
    const { status, json } = await test.raw('GET', '/v1/customers/%zz');
    assert.equal(status, 400);
    assert.equal(Object(json()).code, 400);
  });
});

function withBody(url: string, method: string, path: string, body: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const authorization = `Basic ${Buffer.from('sandbox-key:').toString('base64')}`;
    const headers = { authorization, 'content-type': 'application/json', 'content-length': body.length };
    const call = request(`${url}${path}`, { method, headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    });
    call.on('error', reject).end(body);
  });
}
