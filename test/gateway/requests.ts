import fc from 'fast-check';

/** A request as bytes, with the method and address to look up in the OpenAPI document. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly bytes: Buffer;
}

export interface Known {
  readonly key: string;
  readonly chartMogulSecret: string;
}

const mostly = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 11, arbitrary: usual }, { weight: 1, arbitrary: odd });
const tokens = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_.!~*'), minLength: 1, maxLength: 12 });
const anyBytes = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

const oddMethods = fc.oneof(
  fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'CONNECT', 'PROPFIND', 'QUERY'),
  fc.constantFrom('post', 'PRI', ''),
  tokens,
);

const segments = fc.oneof(
  tokens,
  fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }).map(encodeURIComponent),
  fc.constantFrom('', '.', '..', '%2F', '%00', '%ff', '%zz', '%', '%C3%28', '%E0%80%80', 'a%0d%0ab', '__proto__'),
  fc.integer({ min: 200, max: 6_000 }).map((length) => 'a'.repeat(length)),
);

const oddTargets = fc.oneof(
  fc.array(segments, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`),
  fc.constantFrom('*', '/', '//v1/events', '/v1/events/', '/V1/events', 'v1/events', 'http://x/v1/events'),
  fc.constantFrom('/v1/events?a=%ff', '/v1/events#x', '/v1/events;x', '/v1/\0', '/v1/\xe9', '\\v1\\events'),
  fc.constant(`/${'x'.repeat(17_000)}`),
);

const ids = fc.oneof(
  { weight: 6, arbitrary: tokens },
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom('', ' ', '\0', '\ud800', 'a@b.c', '漢'.repeat(255), '😀'.repeat(256), '__proto__', 'constructor'),
);
const dates = fc.oneof(
  { weight: 6, arbitrary: fc.constant('2016-01-05T00:00:00Z') },
  fc.constantFrom('2016-01-05T00:00:00Z', '2024-02-29T23:59:60+14:00', '2016-02-30T00:00:00Z', '9999-12-31T23:59:59Z'),
  fc.constantFrom(
    '2016-01-05',
    '2016-01-05T00:00:00',
    1451952000,
    null,
    '0000-00-00T00:00:00Z',
    '2016-01-05T00:00:00-99:99',
  ),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
);
const anyJson = fc.jsonValue({ maxDepth: 3 });
const profiles = fc.record(
  {
    name: mostly<unknown>(ids, anyJson),
    email: mostly<unknown>(fc.constant('adam@example.com'), ids),
    country: ids,
    zip: ids,
  },
  { requiredKeys: [] },
);
const events = fc.record(
  {
    type: mostly<unknown>(fc.constantFrom('lead.created', 'trial.started', 'payment.succeeded'), anyJson),
    lead_id: mostly<unknown>(ids, anyJson),
    occurred_at: mostly<unknown>(dates, anyJson),
    id: mostly<unknown>(ids, anyJson),
    data: mostly<unknown>(
      fc.record({ profile: mostly<unknown>(profiles, anyJson), billing_customer_id: ids }, { requiredKeys: [] }),
      anyJson,
    ),
  },
  { requiredKeys: ['type', 'lead_id', 'occurred_at'] },
);
// Never with a valid note: a valid link waits for the journey's worker.
const links = fc.record({
  billing_customer_id: ids,
  lead_id: ids,
  note: fc.constantFrom('', 1, null, 'x'.repeat(1_001)),
});
const movements = fc.record({
  type: fc.constant('mrr_movement'),
  movement_type: fc.constant('new_biz'),
  customer: fc.record({ external_id: ids, external_ids: fc.array(ids, { maxLength: 25 }) }, { requiredKeys: [] }),
});
const batches = fc.oneof(
  fc.array(mostly<unknown>(events, anyJson), { maxLength: 6 }).map((list) => ({ events: list })),
  fc.constantFrom({ events: Array.from({ length: 101 }, () => ({})) }, { events: {} }, []),
);

const oddBodies = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom('', '{', 'null', '[]', '""', '0', '{}', 'NaN', '\ufeff{}', "{'a':1}", '{"a":1,}', '{"a":1}{')
    .map((text) => Buffer.from(text)),
  fc
    .constantFrom(
      '{"__proto__":{"x":1}}',
      '{"constructor":{"prototype":{}}}',
      '{"type":"lead.created","__proto__":null}',
    )
    .map((text) => Buffer.from(text)),
  fc.integer({ min: 1, max: 16_000 }).map((depth) => Buffer.from('['.repeat(depth) + ']'.repeat(depth))),
  fc.integer({ min: 1, max: 6_000 }).map((depth) => Buffer.from(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)),
  fc.integer({ min: 30_000, max: 1_200_000 }).map((length) => Buffer.alloc(length, 'a')),
  fc.constant(
    Buffer.from('{"type":"lead.created","lead_id":"\xff\xfe","occurred_at":"2016-01-05T00:00:00Z"}', 'latin1'),
  ),
  events.map((event) => Buffer.from(JSON.stringify(event), 'utf16le')),
);

const oddHeaders = fc.oneof(
  fc.tuple(tokens, anyBytes).map(([name, value]) => `${name}: ${value}`),
  fc.constantFrom(
    'Expect: 100-continue',
    'Expect: x',
    'Connection: close',
    'Connection: upgrade\r\nUpgrade: h2c',
    'Upgrade: websocket',
  ),
  fc.constantFrom(
    'Content-Encoding: gzip',
    'Content-Encoding: identity',
    'TE: trailers',
    'Trailer: x',
    'Accept: text/html',
    'Range: bytes=0-1',
  ),
  fc.constantFrom(
    'Host: y',
    'Origin: https://example.com',
    'X-Forwarded-For: 1.2.3.4',
    'Cookie: a=b',
    'X-HTTP-Method-Override: DELETE',
  ),
  fc.constantFrom(
    'no colon',
    ': no name',
    'Space : x',
    ' folded',
    'X: a\0b',
    'X: \xff\xfe',
    'X:\ta',
    `X: ${'x'.repeat(17_000)}`,
    'If-Match: *',
  ),
  fc.constantFrom(
    'Stripe-Signature: t=1,v1=abc',
    'Stripe-Signature: t=99999999999999999999,v1=',
    'Stripe-Signature: \xff',
  ),
  fc.constant('a:b\r\n'.repeat(300).trimEnd()),
);
const hosts = mostly(
  fc.constant<string[]>(['Host: x']),
  fc.constantFrom<string[]>([], ['Host:'], ['Host: a', 'Host: b'], ['Host: \xff/..']),
);
const keysOf = ({ key }: Known) =>
  mostly(
    fc.constant<string[]>([`Authorization: Bearer ${key}`]),
    fc.constantFrom<string[]>(
      [],
      ['Authorization: Bearer'],
      ['Authorization: Basic YTpi'],
      ['Authorization: Bearer \xff'],
      [`Authorization: ${key}`],
      [`Authorization: Bearer ${'x'.repeat(9_000)}`],
    ),
  );
const types = mostly(
  fc.constant<string[]>(['Content-Type: application/json']),
  fc.constantFrom<string[]>(
    [],
    ['Content-Type:'],
    ['Content-Type: text/plain'],
    ['Content-Type: @'],
    ['Content-Type: application/json; charset=utf-16'],
    ['Content-Type: application/json', 'Content-Type: text/html'],
    ['Content-Type: multipart/form-data; boundary=x'],
    ['Content-Type: application/JSON ; a="'],
  ),
);

const versions = mostly(
  fc.constant('HTTP/1.1'),
  fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', 'HTTP/1.1 x', 'http/1.1', '', 'RTSP/1.0'),
);
const lineEnds = fc.oneof(
  { weight: 40, arbitrary: fc.constant('\r\n') },
  { weight: 1, arbitrary: fc.constantFrom('\n', '\r', '\r\n\t') },
);

/** Valid and invalid framings of a body. */
const framings: fc.Arbitrary<(body: Buffer) => readonly [readonly string[], Buffer]> = mostly(
  fc.constant((body: Buffer) => [[`Content-Length: ${body.length}`], body] as const),
  fc.oneof(
    fc
      .integer({ min: -20, max: 20 })
      .map((by) => (body: Buffer) => [[`Content-Length: ${body.length + by}`], body] as const),
    fc
      .constantFrom('-1', 'x', '', '0x10', '1e3', '99999999', '99999999999999999999', '5, 5')
      .map((length) => (body: Buffer) => [[`Content-Length: ${length}`], body] as const),
    fc.constant((body: Buffer) => [['Content-Length: 3', `Content-Length: ${body.length}`], body] as const),
    fc.constant((body: Buffer) => [[], body] as const),
    fc
      .constantFrom('chunked', 'gzip, chunked', 'Chunked', 'identity', 'gzip', 'chunked, chunked', 'x')
      .map((coding) => (body: Buffer) => [[`Transfer-Encoding: ${coding}`], chunked(body)] as const),
    fc.constant(
      (body: Buffer) => [['Transfer-Encoding: chunked', `Content-Length: ${body.length}`], chunked(body)] as const,
    ),
    fc
      .constantFrom('zz\r\n', 'ffffffffffffffffff\r\n', '-1\r\n', '5;x="\r\n', '1\r\nab\r\n', '0\r\nX: y\r\n', '5')
      .map((bad) => (_body: Buffer) => [['Transfer-Encoding: chunked'], Buffer.from(bad)] as const),
  ),
);

function chunked(body: Buffer): Buffer {
  const size = body.length === 0 ? '' : `${body.length.toString(16)}\r\n`;
  return Buffer.concat([Buffer.from(size), body, Buffer.from(body.length === 0 ? '0\r\n\r\n' : '\r\n0\r\n\r\n')]);
}

/** Well-formed requests, some of which are accepted. */
function purposes({ chartMogulSecret }: Known): fc.Arbitrary<Purpose> {
  const post = (target: string, value: fc.Arbitrary<unknown>) =>
    value.map((body): Purpose => ({ method: 'POST', target, body: Buffer.from(JSON.stringify(body)) }));
  const get = (target: fc.Arbitrary<string>) =>
    target.map((path): Purpose => ({ method: 'GET', target: path, body: Buffer.alloc(0) }));
  return fc.oneof(
    { weight: 4, arbitrary: post('/v1/events', events) },
    { weight: 2, arbitrary: post('/v1/events/batch', batches) },
    { weight: 1, arbitrary: post('/v1/links', links) },
    { weight: 1, arbitrary: post(`/webhooks/chartmogul/${chartMogulSecret}`, movements) },
    { weight: 1, arbitrary: post('/webhooks/stripe', anyJson) },
    { weight: 1, arbitrary: get(fc.oneof(segments, tokens).map((segment) => `/v1/leads/${segment}`)) },
    { weight: 1, arbitrary: get(segments.map((segment) => `/webhooks/chartmogul/${segment}`)) },
    { weight: 1, arbitrary: get(fc.constantFrom('/healthz', '/openapi.json')) },
  );
}

interface Purpose {
  readonly method: string;
  readonly target: string;
  readonly body: Buffer;
}

/** Requests with some defects each; few have none, and few have all. */
export function requests(known: Known): fc.Arbitrary<RawRequest> {
  const same = fc.constant(undefined);
  return fc
    .record({
      ...{ purpose: purposes(known), framing: framings, version: versions, lineEnd: lineEnds },
      ...{ host: hosts, key: keysOf(known), type: types },
      ...{ oddMethod: mostly(same, oddMethods), oddTarget: mostly(same, oddTargets), oddBody: mostly(same, oddBodies) },
      odd: mostly(fc.constant<string[]>([]), fc.array(oddHeaders, { maxLength: 3 })),
    })
    .map(({ purpose, oddMethod, oddTarget, oddBody, framing, version, lineEnd, host, key, type, odd }) => {
      const [method, target] = [oddMethod ?? purpose.method, oddTarget ?? purpose.target];
      const [length, framed] = framing(oddBody ?? purpose.body);
      const lines = [`${method} ${target} ${version}`, ...host, ...key, ...type, ...odd, ...length, '', ''];
      return { method, target, bytes: Buffer.concat([Buffer.from(lines.join(lineEnd), 'latin1'), framed]) };
    });
}
