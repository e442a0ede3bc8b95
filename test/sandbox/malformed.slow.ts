import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { runs } from '../support/runs.js';
import { Sandboxed } from './sandboxed.js';

// What a broken client may send, at full speed over a few connections.

const word = fc.constantFrom(
  ...['customers', 'merges', 'unmerges', 'search', 'attributes', 'tags', 'custom', 'contacts', 'data_sources', 'ping'],
  ...[
    'import',
    'invoices',
    'plans',
    'cus_1',
    'con_1',
    '%zz',
    '%00',
    '..',
    '',
    'é',
    '%F0%9F%92%A9',
    '__proto__',
    '*',
    ';',
  ],
);
const path = fc.array(word, { maxLength: 5 }).map((words) => `/v1/${words.map(encodeURI).join('/')}`);
const key = fc.constantFrom(
  ...['data_source_uuid', 'external_id', 'name', 'email', 'status', 'country', 'state', 'lead_created_at', 'owner'],
  ...['attributes', 'tags', 'custom', 'from', 'into', 'customer_uuid', 'invoices', 'position', 'type', 'key', 'value'],
  ...['line_items', 'currency', 'date', 'page', 'per_page', 'cursor', '__proto__', 'constructor', 'toString'],
);
const { tree: json } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.double(),
      fc.string({ maxLength: 20 }),
      fc.constant('2016-01-05'),
      key,
    ),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('tree')), { maxLength: 6 }).map((pairs) => Object.fromEntries(pairs)),
  ),
}));
const body = fc.oneof(
  { weight: 4, arbitrary: json.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: json.map((value) => JSON.stringify(value).slice(0, -1)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom('', '{', '[]', 'null', '"', '[[[[[[', '{"a":1,}', '\u0000') },
);
const query = fc
  .array(fc.tuple(key, fc.oneof(key, fc.string({ maxLength: 12 }))), { maxLength: 3 })
  .map((pairs) => new URLSearchParams(pairs).toString());
const call = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PATCH', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND', 'TRACE'),
  path,
  query,
  body,
  contentType: fc.constantFrom(
    'application/json',
    'text/plain',
    '',
    'application/json; charset=x',
    'nonsense',
    'a/b;=;',
  ),
  authorization: fc.constantFrom('right', 'right', 'right', 'right', 'Basic', 'Basic !!!', 'Bearer x', ''),
});
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

describe('malformed requests to the sandbox', () => {
  const test = new Sandboxed();
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  after(() => agent.destroy());

  const send = ({ method, path: route, query: search, body: text, contentType, authorization }: Call) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const right = `Basic ${Buffer.from('sandbox-key:').toString('base64')}`;
      const headers = {
        'content-length': Buffer.byteLength(text),
        ...(contentType && { 'content-type': contentType }),
        ...(authorization && { authorization: authorization === 'right' ? right : authorization }),
      };
      // As parts, because a URL would normalize the path.
      const target = { host: '127.0.0.1', port: test.sandbox.port, path: `${route}${search && `?${search}`}` };
      const sent = request({ ...target, method, headers, agent }, (answer) => {
        let received = '';
        answer.on('data', (chunk) => {
          received += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: received }));
      });
      sent.on('error', reject).end(text);
    });

  it('random requests get no 5xx, only JSON or an empty body, and do not leak memory', async () => {
    const flood = async (seed: number, count: number): Promise<void> => {
      const calls = fc.sample(call, { seed, numRuns: count });
      let next = 0;
      const work = async () => {
        for (let index = next++; index < calls.length; index = next++) {
          const wanted = calls[index];
          if (!wanted) return;
          const { status, text } = await send(wanted);
          assert.ok(status >= 200 && status < 500, `${status} for ${JSON.stringify(wanted)}`);
          if (text !== '') JSON.parse(text);
        }
      };
      await Promise.all(Array.from({ length: 8 }, work));
    };
    await flood(1, runs(400));
    test.sandbox.reset();
    const before = heapAfterCollection();
    await flood(2, runs(1_600));
    test.sandbox.reset(); // the log of requests is meant to grow
    const grown = (heapAfterCollection() - before) / 1_048_576;
    assert.ok(grown < 8, `the heap grew by ${grown.toFixed(1)} MB`);
    assert.equal((await test.raw('GET', '/v1/ping')).status, 200);
  });

  it('bytes that are not HTTP get a 400 or a closed connection, and do not affect other clients', async () => {
    const bytes = fc.sample(fc.uint8Array({ minLength: 1, maxLength: 200 }), { seed: 3, numRuns: 100 });
    const heads = [
      'GET',
      'GET / HTTP/9.9\r\n\r\n',
      'POST /v1/ping HTTP/1.1\r\ncontent-length: x\r\n\r\n',
      '\r\n\r\n\r\n',
    ];
    for (const chunk of [...bytes, ...heads]) {
      const answer = await speak(test.sandbox.port, chunk);
      assert.ok(answer === '' || /^HTTP\/1\.1 4\d\d /.test(answer), answer.slice(0, 80));
    }
    assert.equal((await test.raw('GET', '/v1/ping')).status, 200);
  });
});

/** Sends bytes to the server, closes the connection, and returns the answer. */
function speak(port: number, bytes: Uint8Array | string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', (error) => ('code' in error && error.code === 'ECONNRESET' ? undefined : reject(error)));
  });
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc'); // as Node documents it
  collect();
  return process.memoryUsage().heapUsed;
}
