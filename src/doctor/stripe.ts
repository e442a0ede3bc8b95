import type { StripeSweepConfig } from '../runtime/config.js';
import { StripeApi, type WebhookEndpoint } from '../stripe/api.js';
import { stripeEventTypes } from '../stripe/facts.js';
import type { Examination } from './examination.js';
import { count, type Finding, failure, type Observation, ok, warning } from './findings.js';

const gatewayPath = '/webhooks/stripe';
/** The oldest version that the reader understands. */
const oldestVersion = '2019-01-01';
const howTo = 'create it as in docs/billing.md (2. Create the webhook endpoint)';

/** Asks Stripe for the webhook endpoints of the key's mode, and for what they did not deliver. Changes nothing. */
export async function examineStripe(examination: Examination, { api }: StripeSweepConfig): Promise<Finding[]> {
  const ask = (signal: AbortSignal) => new StripeApi(api, signal);
  const findings = await Promise.all([
    examination.check('stripe.endpoint', async (signal) => endpoints(await ask(signal).webhookEndpoints(), api.apiKey)),
    examination.check('stripe.deliveries', async (signal) => deliveries(await ask(signal).undeliveredEvents())),
  ]);
  return findings.flat();
}

function endpoints(all: readonly WebhookEndpoint[], apiKey: string): Observation[] {
  const mode = /^.k_test_/.test(apiKey) ? 'test' : 'live';
  const ours = all.filter(({ url }) => new URL(url).pathname.replace(/\/$/, '').endsWith(gatewayPath));
  const enabled = ours.filter(({ status }) => status === 'enabled');
  if (ours.length > 0) return (enabled.length > 0 ? enabled : ours).map(endpoint); // one that was replaced is disabled
  const others = all.length === 0 ? 'none' : `${all.length}, to other addresses`;
  return [failure(`Stripe has no webhook endpoint for ${gatewayPath} in ${mode} mode (it has ${others})`, howTo)];
}

function endpoint({ url, status, enabled_events: events, api_version: version }: WebhookEndpoint): Observation {
  const { host } = new URL(url); // the path could be a secret of a proxy
  if (status !== 'enabled') {
    return failure(
      `Stripe's endpoint at ${host} is ${status}: it sends nothing`,
      'enable it in Stripe, then: customer-journey stripe sweep',
    );
  }
  const missing = stripeEventTypes.filter((type) => !events.includes(type) && !events.includes('*'));
  if (missing.length > 0) {
    return failure(
      `Stripe's endpoint at ${host} does not send ${missing.join(', ')}`,
      'add these events to the endpoint in Stripe, then: customer-journey stripe sweep',
    );
  }
  if (version === null || version < oldestVersion) {
    const what =
      version === null
        ? 'has no API version of its own: a change of the account changes its events'
        : `has the API version ${version}`;
    return warning(`Stripe's endpoint at ${host} ${what}`, `an endpoint keeps its version: ${howTo}`);
  }
  return ok(`Stripe's endpoint at ${host} sends the ${stripeEventTypes.length} events, in version ${version}`);
}

function deliveries(undelivered: number): Observation {
  return undelivered === 0
    ? ok('Stripe has delivered all events of the last 30 days')
    : warning(
        `Stripe could not deliver ${count(undelivered, 'event')} of the last 30 days${undelivered === 100 ? ', or more' : ''}`,
        'customer-journey stripe sweep --dry-run',
      );
}
