import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import Stripe from 'stripe';

/** An event as Stripe posts it. The type is loose, because tests make invalid events from it. */
export interface StripeEvent {
  id: string;
  type: string;
  created: number;
  livemode: boolean;
  data: { object: Record<string, unknown> };
  [field: string]: unknown;
}

/** The library's API version, and one in which an invoice has its subscription in another field. */
export const stripeApiVersions = ['2026-10-28.endive', '2024-06-20'] as const;
export type StripeApiVersion = (typeof stripeApiVersions)[number];

/** A secret in Stripe's format, for tests that need only one. */
export const stripeTestSecret = 'whsec_7Qk3mW8sTnVb5YaPz2Rd4Jf6Hx9Lc1Ge';

/** The request that Stripe would send, signed with Stripe's library. `signedAt` defaults to now. */
export function signedStripeRequest(event: unknown, secret: string, { signedAt = new Date() } = {}) {
  const body = typeof event === 'string' ? event : JSON.stringify(event);
  const timestamp = Math.floor(signedAt.getTime() / 1000);
  return {
    body,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'stripe-signature': Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp }),
    },
  };
}

export interface StripeCustomerOptions {
  /** Default: `cus_TwJourney0001`. */
  readonly customerId?: string;
  readonly apiVersion?: StripeApiVersion;
  /** Default: false, as in test mode. */
  readonly livemode?: boolean;
}

/** Creates the events of one Stripe customer. Dates are strings that `Date` parses, truncated to seconds. */
export function stripeCustomer(options: StripeCustomerOptions = {}) {
  const { customerId = 'cus_TwJourney0001', apiVersion = stripeApiVersions[0], livemode = false } = options;

  const event = (type: string, at: string, changes: Record<string, unknown>, fixture = type): StripeEvent => {
    const made = fixtureOf(apiVersion, fixture);
    const name = type.replace(/[^a-z]/g, '');
    Object.assign(made, { id: `evt_${name}_${customerId}_${seconds(at)}`, type, created: seconds(at), livemode });
    Object.assign(made.data.object, { livemode, ...changes });
    return made;
  };

  const invoice = (at: string, changes: Record<string, unknown>, metadata: Record<string, string>): StripeEvent => {
    const paid = event('invoice.paid', at, {
      id: `in_${customerId}_${seconds(at)}`,
      customer: customerId,
      created: seconds(at) - 3600,
      status_transitions: {
        finalized_at: seconds(at) - 2,
        marked_uncollectible_at: null,
        paid_at: seconds(at),
        voided_at: null,
      },
      ...changes,
    });
    // The field depends on the API version.
    const { parent } = paid.data.object as { parent?: { subscription_details: { metadata: unknown } } };
    if (parent) parent.subscription_details.metadata = metadata;
    else paid.data.object.subscription_details = { metadata };
    return paid;
  };

  const trial = (at: string) => ({
    id: `sub_${customerId}`,
    customer: customerId,
    trial_start: seconds(at),
    trial_end: seconds(at) + 14 * 24 * 3600,
    metadata: {},
  });

  return {
    created: (at: string, metadata = {}) =>
      event('customer.created', at, { id: customerId, created: seconds(at), metadata }),

    updated: (at: string, metadata = {}) =>
      event('customer.updated', at, { id: customerId, metadata }, 'customer.created'),

    /** A completed checkout without a payment, as for a trial. `changes` are fields of the session. */
    checkout: (at: string, changes: Record<string, unknown> = {}) =>
      event('checkout.session.completed', at, { customer: customerId, created: seconds(at) - 120, ...changes }),

    /** A checkout that is paid at once, without a subscription. */
    checkoutPaid: (at: string, changes: Record<string, unknown> = {}) =>
      event('checkout.session.completed', at, { customer: customerId, ...paidCheckout, ...changes }),

    /** A checkout that is paid days after its completion, for example by bank transfer. */
    checkoutPaidLater: (at: string, changes: Record<string, unknown> = {}) =>
      event(
        'checkout.session.async_payment_succeeded',
        at,
        { customer: customerId, ...paidCheckout, ...changes },
        'checkout.session.completed',
      ),

    trialing: (at: string, metadata = {}) =>
      event('customer.subscription.created', at, {
        ...trial(at),
        created: seconds(at),
        start_date: seconds(at),
        metadata,
      }),

    /** A subscription that exists, with a trial that starts now. `changes` are fields of the subscription. */
    subscriptionUpdated: (at: string, changes: Record<string, unknown> = {}) =>
      event(
        'customer.subscription.updated',
        at,
        { ...trial(at), created: seconds(at) - 90 * 24 * 3600, start_date: seconds(at) - 90 * 24 * 3600, ...changes },
        'customer.subscription.created',
      ),

    /** Three days before the end of a trial of 14 days. */
    trialWillEnd: (trialStart: string, metadata = {}) =>
      event(
        'customer.subscription.trial_will_end',
        new Date((seconds(trialStart) + 11 * 24 * 3600) * 1000).toISOString(),
        { ...trial(trialStart), created: seconds(trialStart), start_date: seconds(trialStart), metadata },
        'customer.subscription.created',
      ),

    subscribed: (at: string, metadata = {}) =>
      event('customer.subscription.created', at, {
        id: `sub_${customerId}`,
        customer: customerId,
        created: seconds(at),
        start_date: seconds(at),
        status: 'active',
        trial_start: null,
        trial_end: null,
        metadata,
      }),

    /** An invoice of 0.00: Stripe creates one when a trial starts. */
    trialInvoice: (at: string, metadata = {}) =>
      invoice(
        at,
        { amount_due: 0, amount_paid: 0, subtotal: 0, total: 0, billing_reason: 'subscription_create' },
        metadata,
      ),

    /** An invoice of 49.00, at the end of a trial or later. `metadata` is that of the subscription. */
    invoice: (at: string, metadata = {}, changes: Record<string, unknown> = {}) => invoice(at, changes, metadata),
  };
}

/** All Stripe events of a customer who starts a trial, pays and renews, in order. */
export function stripeStory(
  { leadId, ...options }: StripeCustomerOptions & { readonly leadId?: string },
  dates: {
    readonly created: string;
    readonly trial?: string;
    readonly paid?: string;
    readonly renewals?: readonly string[];
  },
): StripeEvent[] {
  const customer = stripeCustomer(options);
  const metadata = leadId === undefined ? {} : { lead_id: leadId };
  const { created, trial, paid, renewals = [] } = dates;
  return [
    customer.created(created),
    ...(trial === undefined
      ? []
      : [
          customer.checkout(trial, { metadata }),
          customer.trialing(trial, metadata),
          customer.trialInvoice(trial, metadata),
        ]),
    ...(paid === undefined ? [] : [customer.invoice(paid, metadata)]),
    ...renewals.map((renewal) => customer.invoice(renewal, metadata)),
  ];
}

const paidCheckout = {
  mode: 'payment',
  payment_status: 'paid',
  amount_subtotal: 4900,
  amount_total: 4900,
  subscription: null,
  invoice: null,
  payment_intent: 'pi_3SwJourney0001',
};

function seconds(at: string): number {
  const milliseconds = Date.parse(at);
  if (Number.isNaN(milliseconds)) throw new Error(`${at} is no date`);
  return Math.floor(milliseconds / 1000);
}

function fixtureOf(apiVersion: StripeApiVersion, type: string): StripeEvent {
  const path = resolve('test/stripe/fixtures', apiVersion, `${type}.json`);
  return JSON.parse(readFileSync(path, 'utf8')) as StripeEvent; // written by us
}
