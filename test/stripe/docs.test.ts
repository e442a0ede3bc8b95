import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Stripe from 'stripe';
import { stripeEventTypes } from '../../src/stripe/facts.js';
import { stripeApiVersions } from '../support/stripe.js';

describe('docs/billing.md', () => {
  const text = readFileSync('docs/billing.md', 'utf8');

  it('subscribes an endpoint to exactly the event types that are read', () => {
    const subscribed = [...text.matchAll(/enabled_events\[\]=([\w.]+)/g)].map(([, type]) => type);

    assert.deepEqual(subscribed.sort(), [...stripeEventTypes].sort());
  });

  it('documents each event type', () => {
    for (const type of stripeEventTypes) assert.ok(text.includes(`\n| \`${type}\` |`), type);
  });

  it("pins the API version of the library's types, which the reader is tested with", () => {
    assert.ok(text.includes(`-d api_version=${Stripe.API_VERSION}`));
    assert.ok(stripeApiVersions.some((version) => version === Stripe.API_VERSION));
    for (const version of stripeApiVersions) assert.ok(text.includes(`\`${version}\``), version);
  });
});
