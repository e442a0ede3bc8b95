import { randomUUID } from 'node:crypto';
import type { Refusal } from './answers.js';
import { parseDate } from './dates.js';
import type { SourceCustomer } from './records.js';
import type { Store } from './store.js';

type Item = Readonly<Record<string, unknown>>;
type Refuse = (param: string, code: 'blank' | 'invalid') => Refusal;

const day = 86_400_000;
const daysAMonth = 365.25 / 12;

/** A line item in the answer of the import: recorded 2023-10-30, ruby client. */
export function viewLineItem(item: Item, refuse: Refuse): Item {
  const { type } = item;
  if (type !== 'subscription' && type !== 'one_time' && type !== 'trial') throw refuse('type', 'invalid');
  const amount = item.amount_in_cents ?? (type === 'trial' ? 0 : undefined);
  if (typeof amount !== 'number' || !Number.isInteger(amount)) throw refuse('amount_in_cents', 'invalid');
  return {
    uuid: `li_${randomUUID()}`,
    external_id: item.external_id ?? null,
    type,
    ...(type !== 'one_time' && viewPeriod(item, refuse)),
    plan_uuid: item.plan_uuid ?? null,
    amount_in_cents: amount,
    quantity: item.quantity ?? 1,
    discount_code: item.discount_code ?? '',
    discount_amount_in_cents: item.discount_amount_in_cents ?? 0,
    tax_amount_in_cents: item.tax_amount_in_cents ?? 0,
    transaction_fees_in_cents: item.transaction_fees_in_cents ?? 0,
    account_code: item.account_code ?? '',
    transaction_fees_currency: item.transaction_fees_currency ?? null,
    discount_description: item.discount_description ?? null,
    event_order: item.event_order ?? null,
  };
}

function viewPeriod(item: Item, refuse: Refuse): Item {
  const subscription = item.subscription_external_id;
  if (typeof subscription !== 'string' || subscription === '') throw refuse('subscription_external_id', 'blank');
  const [start, end] = [timeOf(item.service_period_start), timeOf(item.service_period_end)];
  if (start === undefined) throw refuse('service_period_start', 'invalid');
  if (end === undefined || end <= start) throw refuse('service_period_end', 'invalid');
  if (item.cancelled_at && timeOf(item.cancelled_at) === undefined) throw refuse('cancelled_at', 'invalid');
  return {
    subscription_uuid: `sub_${randomUUID()}`,
    subscription_external_id: subscription,
    prorated: item.prorated ?? false,
    proration_type: item.proration_type ?? null,
    service_period_start: new Date(start).toISOString(),
    service_period_end: new Date(end).toISOString(),
  };
}

/** A transaction inside an invoice: recorded 2023-10-30, ruby client. */
export function viewTransaction(item: Item, refuse: Refuse): Item {
  const date = timeOf(item.date);
  if (date === undefined) throw refuse('date', 'invalid');
  if (item.type !== 'payment' && item.type !== 'refund') throw refuse('type', 'invalid');
  if (item.result !== 'successful' && item.result !== 'failed') throw refuse('result', 'invalid');
  return {
    uuid: `tr_${randomUUID()}`,
    external_id: item.external_id ?? null,
    amount_in_cents: item.amount_in_cents ?? null,
    type: item.type,
    date: new Date(date).toISOString(),
    result: item.result,
    transaction_fees_in_cents: item.transaction_fees_in_cents ?? null,
    transaction_fees_currency: item.transaction_fees_currency ?? null,
  };
}

/**
 * A paid subscription item makes its customer a subscriber from the start of its period. Whether a trial item changes
 * the trial date is not documented; here it does not.
 */
export function subscribe(store: Store, part: SourceCustomer, item: Item): void {
  const [start, end] = [timeOf(item.service_period_start), timeOf(item.service_period_end)];
  const amount = Number(item.amount_in_cents);
  if (item.type !== 'subscription' || start === undefined || end === undefined || !(amount > 0)) return;
  const externalId = String(item.subscription_external_id);
  const months = Math.max(1 / daysAMonth, (end - start) / day / daysAMonth);
  const mrrInCents = Math.round(amount / (months > 0.9 ? Math.round(months) : months));
  const cancelledAt = timeOf(item.cancelled_at) ?? null;
  const known = part.subscriptions.find((subscription) => subscription.externalId === externalId);
  if (known) Object.assign(known, { startedAt: Math.min(known.startedAt, start), cancelledAt, mrrInCents });
  else {
    const ids = { id: store.nextId(), uuid: randomUUID(), externalId };
    part.subscriptions.push({ ...ids, startedAt: start, cancelledAt, mrrInCents });
  }
}

function timeOf(value: unknown): number | undefined {
  return typeof value === 'string' ? parseDate(value, 0) : undefined;
}
