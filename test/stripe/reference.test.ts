import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { leadIdProblems } from '../../src/domain/journey/reports.js';
import { stripeReference } from '../../src/stripe/index.js';
import { readStripeReference } from '../../src/stripe/reference.js';

const secret = 'mDqY3mW8sTnVb5YaPz2Rd4Jf6Hx9Lc1Ge0';
const otherSecret = 'aPz2Rd4Jf6Hx9Lc1Ge0mDqY3mW8sTnVb5Y';

describe('a client_reference_id', () => {
  it('shows a lead id that Stripe takes', () => {
    assert.match(stripeReference('lead_42', { secret }), /^cj1-lead_42-[\w-]{22}$/);
  });

  it('hides one that Stripe does not take in letters that it takes', () => {
    assert.match(stripeReference('User/42', { secret }), /^cj1x-VXNlci80Mg-[\w-]{22}$/);
  });

  it('stays the same from one version of this package to the next, since it waits in links and sessions', () => {
    assert.deepEqual(
      [stripeReference('lead_42', { secret }), stripeReference('User/42', { secret, account: 'second' })],
      ['cj1-lead_42-xa8AFWD6Y9F0C0-XOn9JUb', 'cj1x-VXNlci80Mg-hCTzgBzTVHyVv0PvBJ6Wir'],
    );
  });

  it('is taken by Stripe and read back, for every lead id that fits', () => {
    fc.assert(
      fc.property(leadIds, (leadId) => {
        const reference = stripeReference(leadId, { secret, allowEmailLeadIds: true });

        assert.match(reference, /^[A-Za-z0-9_-]{1,200}$/);
        assert.deepEqual(read(reference), { kind: 'signed', leadId });
      }),
    );
  });

  it('never verifies when a letter of it was changed, taken away or added', () => {
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

  it('has one form only, so that a plain lead id in the other form does not verify', () => {
    const plain = stripeReference('lead_42', { secret });
    const encoded = `cj1x-${Buffer.from('lead_42').toString('base64url')}${plain.slice(-23)}`;

    assert.deepEqual(read(encoded), { kind: 'wrong-signature' });
  });

  it('is of one account', () => {
    const reference = stripeReference('lead_42', { secret, account: 'second' });

    assert.deepEqual(read(reference, { account: 'second' }), { kind: 'signed', leadId: 'lead_42' });
    assert.deepEqual(read(reference), { kind: 'wrong-signature' });
  });

  it('is signed with the first of several secrets, and believed with any of them', () => {
    const reference = stripeReference('lead_42', { secret: [otherSecret, secret] });

    assert.deepEqual(read(reference, { secrets: [otherSecret] }), { kind: 'signed', leadId: 'lead_42' });
    assert.deepEqual(read(reference, { secrets: [secret, otherSecret] }), { kind: 'signed', leadId: 'lead_42' });
    assert.deepEqual(read(reference, { secrets: [secret] }), { kind: 'wrong-signature' });
  });

  it('is not believed without a secret, or with one that could be guessed', () => {
    assert.deepEqual(read(stripeReference('lead_42', { secret }), { secrets: [] }), { kind: 'wrong-signature' });
    for (const weak of ['', secret.slice(0, 31)]) {
      const signed = createHmac('sha256', weak).update('["client_reference_id","default","lead_42"]');
      const reference = `cj1-lead_42-${signed.digest('base64url').slice(0, 22)}`;

      assert.deepEqual(read(reference, { secrets: [weak] }), { kind: 'wrong-signature' });
    }
  });

  it('of somebody else is a suggestion', () => {
    for (const text of ['lead_42', 'cj1', 'cj2-lead_42-x', 'CJ1-lead_42-x', '-']) {
      assert.deepEqual(read(text), { kind: 'unsigned', text });
    }
  });

  it('that looks like ours and is cut short is none of ours', () => {
    for (const text of ['cj1-', 'cj1x-', 'cj1-lead_42', 'cj1x--', `cj1-${'a'.repeat(22)}`, `cj1--${'a'.repeat(22)}`]) {
      assert.deepEqual(read(text), { kind: 'wrong-signature' });
    }
  });

  it('may be missing', () => {
    for (const reference of [null, undefined, '', 7, {}]) assert.deepEqual(read(reference), { kind: 'none' });
  });

  it('never makes the reader throw, and signed is only what was signed', () => {
    const tails = fc.string({ unit: fc.oneof(fc.constantFrom(...alphabet), fc.string({ maxLength: 1 })) });
    const references = fc.tuple(fc.constantFrom('', 'cj1-', 'cj1x-'), tails).map(([prefix, tail]) => prefix + tail);
    fc.assert(
      fc.property(fc.oneof(references, fc.anything()), (reference) => {
        assert.notEqual(read(reference).kind, 'signed');
      }),
    );
  });
});

describe('making a client_reference_id', () => {
  const refused: [what: string, leadId: string, secret: string | string[], error: RegExp][] = [
    ['without a lead id', '', secret, /^TypeError: The lead id must be a string of 1 to 255 characters\.$/],
    [
      'for a lead id with a line in it',
      'a\nb',
      secret,
      /^TypeError: The lead id must not contain control characters\.$/,
    ],
    ['for an e-mail address', 'adam@example.com', secret, /^TypeError: The lead id looks like an e-mail address; /],
    ['without a secret', 'lead_42', '', /^TypeError: The secret must have at least 32 characters\. Make one with: /],
    ['without any of several secrets', 'lead_42', [], /^TypeError: The secret must have at least 32 characters\. /],
    ['with a short secret first', 'lead_42', ['short', secret], /^TypeError: The secret must have at least 32 /],
    [
      'for a plain lead id of 174 letters',
      'x'.repeat(174),
      secret,
      /^RangeError: .* has 201 characters, and Stripe drops/,
    ],
    [
      'for another lead id of 130 bytes',
      '/'.repeat(130),
      secret,
      /^RangeError: .* has 202 characters, and Stripe drops/,
    ],
  ];
  for (const [what, leadId, withSecret, error] of refused) {
    it(`is refused ${what}`, () => {
      assert.throws(
        () => stripeReference(leadId, { secret: withSecret }),
        (thrown) => error.test(String(thrown)) && !String(thrown).includes(secret),
      );
    });
  }

  it('goes as far as Stripe does: 173 plain letters, 129 other bytes', () => {
    for (const leadId of ['x'.repeat(173), '/'.repeat(129)]) {
      assert.deepEqual(read(stripeReference(leadId, { secret })), { kind: 'signed', leadId });
    }
  });

  it('takes an e-mail address where that is allowed', () => {
    const reference = stripeReference('adam@example.com', { secret, allowEmailLeadIds: true });

    assert.deepEqual(read(reference), { kind: 'signed', leadId: 'adam@example.com' });
  });
});

const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'];

/** Every lead id that fits into 200 characters, signed: plain ones, and those in other letters. */
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
