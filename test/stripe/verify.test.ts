import assert from 'node:assert/strict';
import fc from 'fast-check';
import { openStripeEvent, type StripeRefusal, type StripeSecret } from '../../src/stripe/verify.js';
import { signedStripeRequest, stripeCustomer } from '../support/stripe.js';

const live: StripeSecret = { account: 'default', mode: 'live', secret: 'whsec_live0123456789abcdefghijklmnop' };
const test: StripeSecret = { account: 'second', mode: 'test', secret: 'whsec_test0123456789abcdefghijklmnop' };
const old: StripeSecret = { account: 'default', mode: 'live', secret: 'whsec_old00123456789abcdefghijklmnop' };
const event = stripeCustomer({ livemode: true }).created('2026-02-02T08:00:00Z');

describe('openStripeEvent', () => {
  it('returns the event, and the account of the secret that signed it', () => {
    const opened = open(signedStripeRequest(event, test.secret), [live, old, test]);

    assert.deepEqual(opened, { ok: true, event, account: 'second', mode: 'test', isWrongMode: true });
  });

  it('accepts the new and the old secret during a rotation', () => {
    for (const { secret } of [live, old]) {
      assert.ok(open(signedStripeRequest(event, secret), [live, old]).ok);
    }
  });

  const modes: [livemode: unknown, secret: StripeSecret, isWrongMode: boolean][] = [
    [true, live, false],
    [false, test, false],
    [true, test, true],
    [false, live, true],
    [undefined, live, false],
  ];
  for (const [livemode, secret, isWrongMode] of modes) {
    const reports = isWrongMode ? 'reports' : 'does not report';
    it(`${reports} a wrong mode for an event with livemode ${livemode} and a ${secret.mode} secret`, () => {
      const opened = open(signedStripeRequest({ ...event, livemode }, secret.secret), [secret]);

      assert.equal(opened.ok && opened.isWrongMode, isWrongMode);
    });
  }

  it('opens an event that was signed 290 seconds ago', () => {
    assert.ok(open(signedStripeRequest(event, live.secret, { signedAt: secondsAgo(290) })).ok);
  });

  const { body, headers } = signedStripeRequest(event, live.secret);
  const signature = headers['stripe-signature'];
  const refused: [what: string, kind: StripeRefusal['kind'], body: string, signature: string | undefined][] = [
    ['without a signature', 'missing-signature', body, undefined],
    ['with an empty signature', 'missing-signature', body, ''],
    ['signed with another secret', 'wrong-signature', ...signed(event, 'whsec_somebody_else')],
    ['whose body was changed by one byte', 'wrong-signature', body.replace('Adam', 'Adan'), signature],
    ['that was serialized again with other white space', 'wrong-signature', JSON.stringify(event, null, 2), signature],
    ['with an empty body', 'wrong-signature', '', signature],
    ['with a malformed signature', 'wrong-signature', body, 'v1'],
    ['with a signature of an unknown scheme only', 'wrong-signature', body, signature.replace('v1=', 'v0=')],
    ['with an empty signature of the right scheme', 'wrong-signature', body, signature.replace(/v1=.*/, 'v1=')],
    [
      'with a signature of the right length, but with invalid characters',
      'wrong-signature',
      body,
      `t=1,v1=${'é'.repeat(64)}`,
    ],
    ['with an invalid timestamp', 'wrong-signature', body, signature.replace(/t=\d+/, 't=now')],
    ['with a changed timestamp', 'wrong-signature', body, signature.replace(/t=\d+/, `t=${Date.now()}`)],
    ['signed six minutes ago', 'old-timestamp', ...signed(event, live.secret, secondsAgo(360))],
    ['that is plain text', 'not-json', ...signed('hello', live.secret)],
    ['that is truncated', 'not-json', ...signed(body.slice(0, 100), live.secret)],
    ['without data', 'thin-event', ...signed({ object: 'v2.core.event', id: 'evt_1' }, live.secret)],
  ];
  for (const [what, kind, givenBody, givenSignature] of refused) {
    it(`refuses an event ${what}: ${kind}`, () => {
      const opened = openStripeEvent(Buffer.from(givenBody), givenSignature, [old, live]);

      assert.ok(!opened.ok);
      assert.equal(opened.kind, kind);
      assert.match(opened.message, /^The (request|signature) .{30,}\.$/);
      assert.doesNotMatch(opened.message, /Adam|adam@|whsec_[a-z0-9]|cus_|v1=|hello/);
    });
  }

  it('accepts an older signature if the tolerance is longer', () => {
    const [body, signature] = signed(event, live.secret, secondsAgo(3600));
    const openWithin = (seconds: number) => openStripeEvent(Buffer.from(body), signature, [live], seconds);

    assert.ok(openWithin(3700).ok);
    const opened = openWithin(3500);
    assert.equal(!opened.ok && opened.kind, 'old-timestamp');
  });

  it('refuses every event if no secret is configured, or an empty one', () => {
    for (const secrets of [[], [{ ...live, secret: '' }], [{ ...live, secret: ' ' }]]) {
      const opened = open(signedStripeRequest(event, secrets[0]?.secret ?? ''), secrets);

      assert.equal(!opened.ok && opened.kind, 'wrong-signature');
    }
  });

  it('accepts any signed JSON, which readStripeEvent then validates', () => {
    for (const body of ['null', '7', '[]', '"x"']) assert.ok(open(signedStripeRequest(body, live.secret)).ok);
  });

  it('never accepts an unsigned header, and never throws', () => {
    const parts = fc.constantFrom('t=', `t=${Math.floor(Date.now() / 1000)}`, 'v1=', 'v1', ',', '=', 'v0=', 'NaN');
    const headers = fc.oneof(
      fc.string(),
      fc.array(fc.oneof(parts, fc.string({ maxLength: 4 }))).map((all) => all.join('')),
      fc.string({ minLength: 64, maxLength: 64, unit: 'binary' }).map((made) => `t=1,v1=${made}`),
    );
    fc.assert(
      fc.property(headers, fc.string(), (header, body) => {
        assert.ok(!openStripeEvent(Buffer.from(body), header, [live, test]).ok);
      }),
    );
  });
});

function open(request: ReturnType<typeof signedStripeRequest>, secrets: readonly StripeSecret[] = [live]) {
  return openStripeEvent(Buffer.from(request.body), request.headers['stripe-signature'], secrets);
}

function signed(event: unknown, secret: string, signedAt = new Date()): [body: string, signature: string] {
  const { body, headers } = signedStripeRequest(event, secret, { signedAt });
  return [body, headers['stripe-signature']];
}

function secondsAgo(seconds: number): Date {
  return new Date(Date.now() - seconds * 1000);
}
