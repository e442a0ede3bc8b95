import { z } from 'zod';

/**
 * What is read of Stripe's objects, in every API version since 2019: only that, so that nothing else can make an event
 * unreadable. Messages never repeat a value.
 */

/** Seconds since 1970. The upper end is the last second that an instant can be written for. */
const seconds = z.number({ error: 'must be a number of seconds since 1970' }).int().min(0).max(253_402_300_799, {
  error: 'must be a number of seconds since 1970',
});

/** In the smallest unit of the currency. */
const amount = z.number({ error: 'must be a number' });

const text = z.string({ error: 'must be a text' });

/** Keys and values are the merchant's own. Some old objects have null here, or nothing. */
const metadata = z.record(z.string(), z.unknown(), { error: 'must be an object' }).nullish();

const id = text.min(1, 'must not be empty');

/** Stripe sends the id; the whole object where somebody asked for it. Null: a guest, or a customer of Accounts v2. */
const customer = z
  .union([id, z.object({ id }).transform((expanded) => expanded.id)], { error: 'must be a customer or its id' })
  .nullable();

const subscriptionDetails = z.object({ metadata }, { error: 'must be an object' }).nullish();

export const stripeEvent = z.object(
  {
    type: text,
    created: seconds,
    /** Set where the event is of another Stripe account, which a platform listens to. */
    account: text.nullish(),
    data: z.object({ object: z.unknown() }, { error: 'must be an object' }),
  },
  { error: 'must be an event of Stripe' },
);

const object = <Shape extends z.ZodRawShape>(shape: Shape) => z.object(shape, { error: 'must be an object' });

export const invoice = object({
  customer,
  amount_paid: amount,
  amount_due: amount.nullish(),
  /** Until 2025-03-31, where `amount_paid` did not count what was paid outside Stripe. */
  paid_out_of_band: z.boolean({ error: 'must be true or false' }).nullish(),
  billing_reason: text.nullish(),
  status_transitions: object({ paid_at: seconds.nullish() }).nullish(),
  /** Since 2025-03-31. */
  parent: object({ subscription_details: subscriptionDetails }).nullish(),
  /** Before. */
  subscription_details: subscriptionDetails,
});

export const checkoutSession = object({
  customer,
  mode: text,
  payment_status: text,
  amount_total: amount.nullish(),
  client_reference_id: text.nullish(),
  metadata,
});

export const subscription = object({ customer, status: text, trial_start: seconds.nullish(), metadata });

export const customerObject = object({ id, metadata });

export type Metadata = z.output<typeof metadata>;
export type CheckoutSession = z.output<typeof checkoutSession>;
