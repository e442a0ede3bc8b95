import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ChartMogulErrorKind, errorOfAnswer, externalIdExists } from '../../src/chartmogul/errors.js';

describe('an error answer from ChartMogul', () => {
  const kinds: [kind: ChartMogulErrorKind, statuses: number[]][] = [
    ['rate-limited', [429, 503]],
    ['unavailable', [408, 500, 501, 502, 504, 520, 599]],
    ['unauthorized', [401, 402, 403]],
    ['not-found', [404]],
    ['refused', [304, 400, 405, 409, 410, 413, 415, 418, 422]],
  ];
  for (const [kind, statuses] of kinds) {
    it(`is ${kind} for ${statuses.join(', ')}`, () => {
      for (const status of statuses) assert.equal(errorOfAnswer(status, '').kind, kind);
    });
  }

  const shapes: [shape: string, body: string, parts: Partial<ReturnType<typeof partsOf>>][] = [
    [
      'A: code, message, param',
      '{"code":400,"message":"Parameter \\"name\\" is missing","param":"name"}',
      { message: 'Parameter "name" is missing', code: '400', param: 'name' },
    ],
    [
      'A without a param',
      '{"code":401,"message":"No valid API key provided","param":null}',
      { message: 'No valid API key provided', code: '401' },
    ],
    [
      'B: errors by field',
      '{"errors":{"name":"Has already been taken."}}',
      { message: 'Has already been taken.', param: 'name', fields: { name: 'Has already been taken.' } },
    ],
    [
      'B with several fields, lists and other types',
      '{"errors":{"name":["is too long","is odd"],"zip":7}}',
      { message: 'is too long, is odd', param: 'name', fields: { name: 'is too long, is odd', zip: '7' } },
    ],
    ['B without a field', '{"errors":{}}', { message: 'HTTP 422', fields: {} }],
    ['B with a list in place of fields', '{"errors":["is odd"]}', { message: 'HTTP 422' }],
    ['C: error', '{"error":"Data source not found"}', { message: 'Data source not found' }],
    [
      'D: error and details',
      '{"error":"Invoice not found","error_details":[{"param":"invoice","code":"invalid","message":"x"}]}',
      { message: 'Invoice not found', code: 'invalid', param: 'invoice' },
    ],
    [
      'D: fields and details',
      '{"name":["is blank"],"error_details":[{"param":"name","code":"blank","message":"is blank"},{"param":"id"}]}',
      { message: 'is blank', code: 'blank', param: 'name' },
    ],
    ['D without details', '{"error_details":[]}', { message: 'HTTP 422' }],
    ['D with details of another type', '{"error_details":["x",null]}', { message: 'HTTP 422' }],
    ['E: plain text', '502 Bad Gateway', { message: 'HTTP 422' }],
    ['E: nothing', '', { message: 'HTTP 422' }],
    ['a text in JSON', '"no"', { message: 'HTTP 422' }],
    ['a list in JSON', '[1]', { message: 'HTTP 422' }],
    ['null', 'null', { message: 'HTTP 422' }],
    ['an empty message', '{"message":""}', { message: 'HTTP 422' }],
    ['a message of another type', '{"message":{"text":"x"},"error":"y"}', { message: 'y' }],
  ];
  for (const [shape, body, parts] of shapes) {
    it(`is read in shape ${shape}`, () => {
      const expected = { message: '', code: undefined, param: undefined, fields: {}, status: 422, body, ...parts };

      assert.deepEqual(partsOf(body), expected);
    });
  }

  it('means that the customer exists, for any status, if that is the only error', () => {
    const body = JSON.stringify({ errors: { external_id: externalIdExists } });

    assert.equal(errorOfAnswer(422, body).kind, 'already-exists');
    assert.equal(errorOfAnswer(400, body).kind, 'already-exists');
    assert.equal(errorOfAnswer(409, body).kind, 'already-exists');
  });

  it('does not mean that the customer exists if another field is invalid too, or the text differs', () => {
    const two = { errors: { external_id: externalIdExists, name: 'is odd' } };
    const other = { errors: { external_id: 'is too long' } };

    assert.equal(errorOfAnswer(422, JSON.stringify(two)).kind, 'refused');
    assert.equal(errorOfAnswer(422, JSON.stringify(other)).kind, 'refused');
    assert.equal(errorOfAnswer(500, JSON.stringify({ errors: { external_id: externalIdExists } })).kind, 'unavailable');
  });

  it('keeps at most 2 kB of the body', () => {
    assert.equal(errorOfAnswer(500, 'x'.repeat(5000)).body, 'x'.repeat(2048));
    assert.equal(errorOfAnswer(500, 'x'.repeat(2048)).body, 'x'.repeat(2048));
  });

  it('keeps the retry time', () => {
    assert.equal(errorOfAnswer(429, '', 7000).retryAfterMs, 7000);
    assert.equal(errorOfAnswer(429, '').retryAfterMs, undefined);
  });

  it('is a named error for any status and body', () => {
    const bodies = fc.oneof(fc.string(), fc.json());
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 599 }), bodies, (status, body) => {
        const error = errorOfAnswer(status, body);
        assert.equal(error.name, 'ChartMogulError');
        assert.equal(error.status, status);
        assert.notEqual(error.message, '');
      }),
    );
  });
});

function partsOf(body: string) {
  const error = errorOfAnswer(422, body);
  return {
    message: error.message,
    code: error.code,
    param: error.param,
    fields: error.fields,
    status: error.status,
    body: error.body,
  };
}
