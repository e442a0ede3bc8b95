import assert from 'node:assert/strict';
import { type BillingFacts, billingFactsOf, joinBillingFacts, noBillingFacts } from '../../src/domain/billing/facts.js';
import { formatInstant } from '../../src/domain/journey/instant.js';
import { readStripeEvent } from '../../src/stripe/facts.js';
import type { BillingReport } from '../../src/workflows/billing-messages.js';
import { run } from '../cli/terminal-stand-in.js';
import { openGateway } from '../gateway/gateways.js';
import { type FakeStripe, startFakeStripe } from '../support/fake-stripe.js';
import { openStage, type Stage } from '../support/journeys.js';
import { type StripeEvent, signedStripeRequest, stripeCustomer } from '../support/stripe.js';

const secret = 'whsec_test0123456789abcdef';
const dayMs = 24 * 3_600_000;
/** A time of the last days, in whole seconds. */
export const ago = (days: number) => formatInstant(new Date(Date.now() - days * dayMs));

/** No event is whole days ago: a later sweep would find it in another slice, and list it in another order. */
const firstDaysAgo = 4.93;

/** The events of people who start a trial, pay, and change, one after the other over five days. */
export function eventsOfPeople(peopleCount: number): StripeEvent[] {
  return Array.from({ length: peopleCount }, (_, index) => {
    const { created, updated, checkout, trialing, invoice } = stripeCustomer({ customerId: `cus_${index}` });
    const metadata = index % 4 === 0 ? {} : { lead_id: `lead_${index}` };
    const from = firstDaysAgo - (index / peopleCount) * 3;
    return [
      created(ago(from)),
      checkout(ago(from - 0.01), { metadata }),
      trialing(ago(from - 0.01), metadata),
      invoice(ago(from - 1), metadata, { billing_reason: 'subscription_cycle' }),
      updated(ago(from - 1.2), index % 8 === 0 ? { lead_id: `lead_${index}` } : {}),
      invoice(ago(from - 1.9), metadata),
    ];
  })
    .flat()
    .sort((a, b) => a.created - b.created);
}

export function read(event: StripeEvent) {
  return readStripeEvent(event, { readReference: () => ({ kind: 'none' }), now: Date.now() });
}

/** What the gateway's reader takes from events, by customer. */
export function factsFrom(events: readonly StripeEvent[]): Map<string, BillingFacts> {
  const known = new Map<string, BillingFacts>();
  for (const event of events) {
    const reading = read(event);
    if (reading.kind !== 'report') continue;
    const before = known.get(reading.billingCustomerId) ?? noBillingFacts;
    known.set(reading.billingCustomerId, joinBillingFacts(before, billingFactsOf(reading.report)));
  }
  return known;
}

/** A stage, and a Stripe account to sweep. */
export class Sweeps {
  private constructor(
    readonly stage: Stage,
    readonly stripe: FakeStripe,
    readonly env: Readonly<Record<string, string>>,
  ) {}

  static async open(): Promise<Sweeps> {
    const stage = await openStage();
    const stripe = await startFakeStripe();
    return new Sweeps(stage, stripe, {
      ...stage.env,
      ...stripe.env,
      CHARTMOGUL_URL: stage.sandbox.url,
      STRIPE_REQUESTS_PER_SECOND: '100',
    });
  }

  async close(): Promise<void> {
    await this.stripe.close();
    await this.stage.close();
  }

  /** Delivers events to a gateway, as Stripe does. */
  async deliver(events: readonly StripeEvent[]): Promise<void> {
    const { stage } = this;
    const gateway = await openGateway({
      account: stage.account,
      address: stage.server.address,
      namespace: stage.server.namespace,
      env: { STRIPE_WEBHOOK_SECRETS: `${stage.account}:test:${secret}`, CHARTMOGUL_URL: stage.sandbox.url },
    });
    for (const event of events) {
      const { body, headers } = signedStripeRequest(event, secret);
      const { status } = await gateway.ask('POST', '/webhooks/stripe', body, headers);
      assert.equal(status, 200);
    }
    await gateway.close();
  }

  /** @returns what the command prints with `--json` */
  async sweep(...args: readonly string[]) {
    const { exitCode, stdout, stderr } = await run(['stripe', 'sweep', '--json', ...args], { env: this.env });
    assert.equal(exitCode, 0, stderr);
    return JSON.parse(stdout);
  }

  known(id: string): Promise<BillingFacts | undefined> {
    return this.stage.customers.facts(id);
  }

  async knownOf(ids: Iterable<string>): Promise<Map<string, BillingFacts | undefined>> {
    return new Map(await Promise.all([...ids].map(async (id) => [id, await this.known(id)] as const)));
  }

  /** The reports in the history of a customer. */
  async reportsOf(id: string): Promise<BillingReport[]> {
    const { events } = await this.stage.customers.handle(id).fetchHistory();
    return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
      signal ? [JSON.parse(Buffer.from(signal.input?.payloads?.[0]?.data ?? []).toString())] : [],
    );
  }

  /** The reports in the histories of customers, as JSON. */
  async allReports(ids: Iterable<string>): Promise<string[]> {
    const reports = await Promise.all(
      [...ids].map(async (id) => (await this.reportsOf(id)).map((report) => JSON.stringify({ id, report }))),
    );
    return reports.flat();
  }
}
