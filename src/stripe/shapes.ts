import { z } from 'zod';

/**
 * The fields that are read from Stripe's objects, in every API version since 2019. Only these are validated, so that no
 * other field can make an event unreadable. Messages never repeat a value.
 */

/** Seconds since 1970. The maximum is the last second that an instant can represent. */
const seconds = z.number({ error: 'must be a number of seconds since 1970' }).int().min(0).max(253_402_300_799, {
  error: 'must be a number of seconds since 1970',
});

/** In the smallest unit of the currency. */
const amount = z.number({ error: 'must be a number' });

const text = z.string({ error: 'must be a string' });

/** Set by the merchant. Null or missing in some old objects. */
const metadata = z.record(z.string(), z.unknown(), { error: 'must be an object' }).nullish();

const id = text.min(1, 'must not be empty');

/** The id, or the whole object where it is expanded. Null: a guest, or a customer of Accounts v2. */
const customer = z
  .union([id, z.object({ id }).transform((expanded) => expanded.id)], { error: 'must be a customer or its id' })
  .nullable();

/** `customer_account` is the `acct_...` of a customer of Accounts v2. Older API versions do not have it. */
const payer = { customer, customer_account: id.nullish() };

const subscriptionDetails = z.object({ metadata }, { error: 'must be an object' }).nullish();

export const stripeEvent = z.object(
  {
    type: text,
    created: seconds,
    /** Set if the event belongs to a connected account of a platform. */
    account: text.nullish(),
    data: z.object({ object: z.unknown() }, { error: 'must be an object' }),
  },
  { error: 'must be a Stripe event' },
);

const object = <Shape extends z.ZodRawShape>(shape: Shape) => z.object(shape, { error: 'must be an object' });

export const invoice = object({
  ...payer,
  /** After discounts and taxes, before the customer's credit balance. */
  total: amount,
  /** Credit notes from before the invoice was paid. */
  pre_payment_credit_notes_amount: amount.nullish(),
  billing_reason: text.nullish(),
  status_transitions: object({ paid_at: seconds.nullish() }).nullish(),
  /** Since 2025-03-31. */
  parent: object({ subscription_details: subscriptionDetails }).nullish(),
  /** Before 2025-03-31. */
  subscription_details: subscriptionDetails,
  /** The invoice's own metadata, as on a one-off invoice. */
  metadata,
});

export const checkoutSession = object({
  ...payer,
  mode: text,
  payment_status: text,
  amount_total: amount.nullish(),
  client_reference_id: text.nullish(),
  metadata,
});

export const subscription = object({ ...payer, status: text, trial_start: seconds.nullish(), metadata });

export const customerObject = object({ id, metadata });

export type Metadata = z.output<typeof metadata>;
export type CheckoutSession = z.output<typeof checkoutSession>;
export type Payer = Pick<CheckoutSession, 'customer' | 'customer_account'>;
