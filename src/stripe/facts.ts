import type { z } from 'zod';
import type { BillingReport } from '../domain/billing/report.js';
import { qualifiedId, type SourceAlias } from '../domain/billing/source.js';
import { formatInstant, type Instant, implausible } from '../domain/journey/instant.js';
import { checkId, type Problem } from '../domain/journey/reports.js';
import {
  firstLead,
  type LeadNamed,
  type LinkOptions,
  leadOfMetadata,
  leadOfReference,
  type UnusableLeadId,
} from './links.js';
import * as shapes from './shapes.js';

/** The result of reading a Stripe event. */
export type StripeReading =
  | {
      readonly kind: 'report';
      readonly billingCustomerId: string;
      readonly report: BillingReport;
      readonly unusableLeadIds: readonly UnusableLeadId[];
    }
  | { readonly kind: 'ignored'; readonly reason: IgnoredReason; readonly unusableLeadIds: readonly UnusableLeadId[] }
  /** Signed by Stripe, but of an unknown format: the gateway refuses it, so that Stripe retries. */
  | { readonly kind: 'unreadable'; readonly problems: readonly Problem[] };

export const ignoredReasons = [
  /** An event type that is not used. */
  'unknown-type',
  /** An invoice with a total of zero, as every trial has, or one that a credit note cancelled. */
  'nothing-paid',
  /** A guest, of whom ChartMogul has no customer either. */
  'no-customer',
  /** An existing customer, and no lead is named. */
  'no-news',
  /** A connected account of a platform that is not one of its own: its customers are not the platform's. */
  'connected-account',
] as const;
export type IgnoredReason = (typeof ignoredReasons)[number];

export interface ReadingOptions extends Omit<LinkOptions, 'createdAt'> {
  /** Milliseconds since the epoch; dates after it are refused. */
  readonly now: number;
  /** The alias of the billing source that the events belong to. Default: the first source. */
  readonly source?: SourceAlias | undefined;
  /** The company's own connected accounts (`acct_...`), and their billing sources. Others are ignored. */
  readonly connectedSources?: ReadonlyMap<string, SourceAlias>;
}

/**
 * Reads the facts about one customer from a verified Stripe event. Never throws, for any input. `docs/billing.md` has
 * the table of what is read from which event.
 *
 * Events are not compared with each other, since they come in any order and in the same second.
 */
export function readStripeEvent(event: unknown, options: ReadingOptions): StripeReading {
  const envelope = parse(shapes.stripeEvent, event, '');
  if (!envelope.ok) return envelope.unreadable;
  const { type, account, created, data } = envelope.value;
  const read = Object.hasOwn(readers, type) ? readers[type] : undefined;
  if (read === undefined) return ignored('unknown-type');
  const source = account == null ? options.source : options.connectedSources?.get(account);
  if (account != null && source === undefined) return ignored('connected-account');
  const reading = read(data.object, { ...options, createdAt: created });
  if (reading.kind !== 'report') return reading;
  return { ...reading, billingCustomerId: qualifiedId(source, reading.billingCustomerId) };
}

type Context = ReadingOptions & LinkOptions;

/** One reader per event type. These are also the types that an endpoint subscribes to. */
const readers: Readonly<Record<string, (object: unknown, context: Context) => StripeReading>> = {
  'invoice.paid': readInvoice,
  'checkout.session.completed': readCheckout,
  'checkout.session.async_payment_succeeded': readCheckout,
  'customer.subscription.created': (object, context) => readSubscription(object, context, { begins: true }),
  'customer.subscription.updated': (object, context) => readSubscription(object, context, {}),
  // Sent three days before the trial ends: a second witness.
  'customer.subscription.trial_will_end': (object, context) => readSubscription(object, context, {}),
  'customer.created': (object, context) => readCustomer(object, context, { begins: true }),
  'customer.updated': (object, context) => readCustomer(object, context, {}),
};

/** The event types that are read. */
export const stripeEventTypes: readonly string[] = Object.keys(readers);

function readInvoice(object: unknown, context: Context): StripeReading {
  const parsed = parse(shapes.invoice, object);
  if (!parsed.ok) return parsed.unreadable;
  const invoice = parsed.value;
  const named = firstLead(
    () => leadOfMetadata(invoice.parent?.subscription_details?.metadata, 'invoice-metadata', context),
    () => leadOfMetadata(invoice.subscription_details?.metadata, 'invoice-metadata', context),
    () => leadOfMetadata(invoice.metadata, 'invoice-metadata', context),
  );
  // Not `amount_paid`: it is zero if the customer's credit balance settles the invoice, and before 2025-03-31 also if
  // the invoice was paid outside Stripe. An open invoice that a credit note cancels becomes paid as well.
  const isPaid = invoice.total - (invoice.pre_payment_credit_notes_amount ?? 0) > 0;
  if (!isPaid && named.said.link === undefined) return ignored('nothing-paid', named);
  return reported(payerOf(invoice), named, {
    ...(isPaid && { paidAt: date(invoice.status_transitions?.paid_at, '/status_transitions/paid_at', context) }),
    // The first invoice of a subscription also shows that it just started, in case the start event is lost.
    begins: invoice.billing_reason === 'subscription_create',
  });
}

function readCheckout(object: unknown, context: Context): StripeReading {
  const parsed = parse(shapes.checkoutSession, object);
  if (!parsed.ok) return parsed.unreadable;
  const session = parsed.value;
  const named = firstLead(
    () => leadOfMetadata(session.metadata, 'checkout-metadata', context),
    () => leadOfReference(session.client_reference_id, context),
  );
  // For subscriptions, the invoice reports the payment with its exact time. `no_payment_required` is not a payment.
  const isPaid = session.mode === 'payment' && session.payment_status === 'paid' && (session.amount_total ?? 0) > 0;
  return reported(payerOf(session), named, {
    // The session has no payment time, but the event is created when the session is paid.
    ...(isPaid && { paidAt: date(context.createdAt, 'created', context) }),
    // A session with mode `setup` adds a card to a customer who may have existed for years.
    begins: session.mode !== 'setup',
  });
}

/** A trial may begin long after its subscription, and `trial_start` remains set when the trial has ended. */
function readSubscription(object: unknown, context: Context, { begins = false }): StripeReading {
  const parsed = parse(shapes.subscription, object);
  if (!parsed.ok) return parsed.unreadable;
  const { metadata, status, trial_start: trialStart } = parsed.value;
  // An incomplete subscription has not started: its first payment is still open.
  const isTrial = trialStart != null && !status.startsWith('incomplete');
  return reported(payerOf(parsed.value), leadOfMetadata(metadata, 'subscription-metadata', context), {
    ...(isTrial && { trialStartedAt: date(trialStart, '/trial_start', context) }),
    begins,
  });
}

/** The id of the customer, or of the account that takes its place with Accounts v2. Null: a guest. */
function payerOf({ customer, customer_account }: shapes.Payer): string | null {
  return customer ?? customer_account ?? null;
}

function readCustomer(object: unknown, context: Context, { begins = false }): StripeReading {
  const parsed = parse(shapes.customerObject, object);
  if (!parsed.ok) return parsed.unreadable;
  const { id, metadata } = parsed.value;
  return reported(id, leadOfMetadata(metadata, 'customer-metadata', context), { begins });
}

/** A date from the event, or why it is invalid. */
type ReadDate = { readonly instant: Instant } | { readonly problem: Problem };

interface Told {
  readonly paidAt?: ReadDate;
  readonly trialStartedAt?: ReadDate;
  readonly begins: boolean;
}

function reported(customer: string | null, named: LeadNamed, { begins, ...dates }: Told): StripeReading {
  if (customer === null) return ignored('no-customer', named);
  const problems: Problem[] = [];
  checkId(customer, objectPointer('/customer'), problems);
  const instants: { -readonly [field in 'paidAt' | 'trialStartedAt']?: Instant } = {};
  for (const field of ['paidAt', 'trialStartedAt'] as const) {
    const date = dates[field];
    if (date === undefined) continue;
    if ('problem' in date) problems.push(date.problem);
    else instants[field] = date.instant;
  }
  if (problems.length > 0) return { kind: 'unreadable', problems };
  const report: BillingReport = { ...named.said, ...instants, ...(begins && { begins: true }) };
  if (Object.keys(report).length === 0) return ignored('no-news', named);
  return { kind: 'report', billingCustomerId: customer, report, unusableLeadIds: named.unusable };
}

function ignored(reason: IgnoredReason, { unusable: unusableLeadIds }: Pick<LeadNamed, 'unusable'> = { unusable: [] }) {
  return { kind: 'ignored', reason, unusableLeadIds } as const;
}

/** @param field a pointer into the object, or `created` for the event itself */
function date(seconds: number | null | undefined, field: `/${string}` | 'created', { now }: Context): ReadDate {
  const pointer = field === 'created' ? '/created' : objectPointer(field);
  if (seconds == null) {
    const message = 'is missing; set the API version of the webhook endpoint as in docs/billing.md';
    return { problem: { pointer, message } };
  }
  const instant = formatInstant(new Date(seconds * 1000));
  const message = implausible(instant, now);
  return message === undefined ? { instant } : { problem: { pointer, message } };
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, base = objectPointer('')) {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data } as const;
  const problems = parsed.error.issues.map(({ path, message }) => ({
    pointer: [base, ...path.map(String)].join('/'),
    message,
  }));
  return { ok: false, unreadable: { kind: 'unreadable', problems } } as const;
}

function objectPointer(field: string): string {
  return `/data/object${field}`;
}
