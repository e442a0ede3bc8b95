import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { leadIdProblems } from '../../src/domain/journey/reports.js';
import { stripeReference } from '../../src/stripe/index.js';
import { readStripeReference } from '../../src/stripe/reference.js';

const secret = 'mDqY3mW8sTnVb5YaPz2Rd4Jf6Hx9Lc1Ge0';
const otherSecret = 'aPz2Rd4Jf6Hx9Lc1Ge0mDqY3mW8sTnVb5Y';

describe('a client_reference_id', () => {
  it('contains a lead id that Stripe accepts, unchanged', () => {
    assert.match(stripeReference('lead_42', { secret }), /^cj1-lead_42-[\w-]{22}$/);
  });

  it('encodes a lead id that Stripe does not accept', () => {
    assert.match(stripeReference('User/42', { secret }), /^cj1x-VXNlci80Mg-[\w-]{22}$/);
  });

  it('stays the same across versions of this package, since links and sessions store it', () => {
    assert.deepEqual(
      [stripeReference('lead_42', { secret }), stripeReference('User/42', { secret, account: 'second' })],
      ['cj1-lead_42-xa8AFWD6Y9F0C0-XOn9JUb', 'cj1x-VXNlci80Mg-hCTzgBzTVHyVv0PvBJ6Wir'],
    );
  });

  it('has a format that Stripe accepts, and can be read back, for every lead id that fits', () => {
    fc.assert(
      fc.property(leadIds, (leadId) => {
        const reference = stripeReference(leadId, { secret, allowEmailLeadIds: true });

        assert.match(reference, /^[A-Za-z0-9_-]{1,200}$/);
        assert.deepEqual(read(reference), { kind: 'signed', leadId });
      }),
    );
  });

  it('never verifies after a character was changed, removed or added', () => {
    const changes = fc.tuple(fc.nat(), fc.constantFrom('change', 'remove', 'add'), fc.constantFrom(...alphabet));
    fc.assert(
      fc.property(leadIds, changes, (leadId, [at, change, letter]) => {
        const reference = stripeReference(leadId, { secret, allowEmailLeadIds: true });
        const place = at % (reference.length + (change === 'add' ? 1 : 0));
        const added = change === 'remove' ? '' : letter;
        const changed = reference.slice(0, place) + added + reference.slice(place + (change === 'add' ? 0 : 1));
        fc.pre(changed !== reference);

        assert.notEqual(read(changed).kind, 'signed');
      }),
    );
  });

  it('does not verify with the signature of another lead', () => {
    const [first, second] = [stripeReference('lead_1', { secret }), stripeReference('lead_2', { secret })];

    assert.deepEqual(read(first.slice(0, -22) + second.slice(-22)), { kind: 'wrong-signature' });
  });

  it('has exactly one form: a plain lead id that is encoded does not verify', () => {
    const plain = stripeReference('lead_42', { secret });
    const encoded = `cj1x-${Buffer.from('lead_42').toString('base64url')}${plain.slice(-23)}`;

    assert.deepEqual(read(encoded), { kind: 'wrong-signature' });
  });

  it('is valid for one account only', () => {
    const reference = stripeReference('lead_42', { secret, account: 'second' });

    assert.deepEqual(read(reference, { account: 'second' }), { kind: 'signed', leadId: 'lead_42' });
    assert.deepEqual(read(reference), { kind: 'wrong-signature' });
  });

  it('is signed with the first of several secrets, and verified with any of them', () => {
    const reference = stripeReference('lead_42', { secret: [otherSecret, secret] });

    assert.deepEqual(read(reference, { secrets: [otherSecret] }), { kind: 'signed', leadId: 'lead_42' });
    assert.deepEqual(read(reference, { secrets: [secret, otherSecret] }), { kind: 'signed', leadId: 'lead_42' });
    assert.deepEqual(read(reference, { secrets: [secret] }), { kind: 'wrong-signature' });
  });

  it('does not verify without a secret, or with a short one', () => {
    assert.deepEqual(read(stripeReference('lead_42', { secret }), { secrets: [] }), { kind: 'wrong-signature' });
    for (const weak of ['', secret.slice(0, 31)]) {
      const signed = createHmac('sha256', weak).update('["client_reference_id","default","lead_42"]');
      const reference = `cj1-lead_42-${signed.digest('base64url').slice(0, 22)}`;

      assert.deepEqual(read(reference, { secrets: [weak] }), { kind: 'wrong-signature' });
    }
  });

  it('without our prefix is unsigned', () => {
    for (const text of ['lead_42', 'cj1', 'cj2-lead_42-x', 'CJ1-lead_42-x', '-']) {
      assert.deepEqual(read(text), { kind: 'unsigned', text });
    }
  });

  it('with our prefix that is truncated does not verify', () => {
    for (const text of ['cj1-', 'cj1x-', 'cj1-lead_42', 'cj1x--', `cj1-${'a'.repeat(22)}`, `cj1--${'a'.repeat(22)}`]) {
      assert.deepEqual(read(text), { kind: 'wrong-signature' });
    }
  });

  it('may be missing', () => {
    for (const reference of [null, undefined, '', 7, {}]) assert.deepEqual(read(reference), { kind: 'none' });
  });

  it('never makes the reader throw, and never verifies unless it was signed', () => {
    const tails = fc.string({ unit: fc.oneof(fc.constantFrom(...alphabet), fc.string({ maxLength: 1 })) });
    const references = fc.tuple(fc.constantFrom('', 'cj1-', 'cj1x-'), tails).map(([prefix, tail]) => prefix + tail);
    fc.assert(
      fc.property(fc.oneof(references, fc.anything()), (reference) => {
        assert.notEqual(read(reference).kind, 'signed');
      }),
    );
  });
});

describe('stripeReference', () => {
  const refused: [what: string, leadId: string, secret: string | string[], error: RegExp][] = [
    ['without a lead id', '', secret, /^TypeError: The lead id must be a string of 1 to 255 characters\.$/],
    [
      'for a lead id with a line break',
      'a\nb',
      secret,
      /^TypeError: The lead id must not contain control characters\.$/,
    ],
    ['for an e-mail address', 'adam@example.com', secret, /^TypeError: The lead id looks like an e-mail address; /],
    ['without a secret', 'lead_42', '', /^TypeError: The secret must have at least 32 characters\. Generate one: /],
    ['without any of several secrets', 'lead_42', [], /^TypeError: The secret must have at least 32 characters\. /],
    ['with a short secret first', 'lead_42', ['short', secret], /^TypeError: The secret must have at least 32 /],
    [
      'for a plain lead id of 174 characters',
      'x'.repeat(174),
      secret,
      /^RangeError: .* has 201 characters, and Stripe allows/,
    ],
    [
      'for another lead id of 130 bytes',
      '/'.repeat(130),
      secret,
      /^RangeError: .* has 202 characters, and Stripe allows/,
    ],
  ];
  for (const [what, leadId, withSecret, error] of refused) {
    it(`throws ${what}`, () => {
      assert.throws(
        () => stripeReference(leadId, { secret: withSecret }),
        (thrown) => error.test(String(thrown)) && !String(thrown).includes(secret),
      );
    });
  }

  it('allows lead ids up to the limit of Stripe: 173 plain characters, 129 other bytes', () => {
    for (const leadId of ['x'.repeat(173), '/'.repeat(129)]) {
      assert.deepEqual(read(stripeReference(leadId, { secret })), { kind: 'signed', leadId });
    }
  });

  it('accepts an e-mail address if that is allowed', () => {
    const reference = stripeReference('adam@example.com', { secret, allowEmailLeadIds: true });

    assert.deepEqual(read(reference), { kind: 'signed', leadId: 'adam@example.com' });
  });
});

const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'];

/** Lead ids whose signed reference fits into 200 characters: plain ones, and ones with other characters. */
const leadIds = fc
  .oneof(
    fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 173 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
    fc.uuid(),
  )
  .filter((leadId) => leadIdProblems(leadId, { allowEmail: true }).length === 0)
  .filter((leadId) => Buffer.byteLength(leadId) <= 129 || /^[\w-]+$/.test(leadId));

function read(
  reference: unknown,
  { secrets = [secret], account }: { secrets?: readonly string[]; account?: string } = {},
) {
  return readStripeReference(reference, { secrets, ...(account !== undefined && { account }) });
}
