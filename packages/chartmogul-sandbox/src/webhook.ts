import { setTimeout } from 'node:timers/promises';
import { currencySign, customerSince, statusOf } from './customer-view.js';
import { formatDate } from './dates.js';
import type { Knobs } from './knobs.js';
import type { Customer } from './records.js';

/** Help article 360017053460: retried up to 17 times until the answer is 2xx. */
const mostRetries = 17;
const longestPause = 60_000;
const patience = 10_000;

/** Posts `mrr_movement` events to a configured URL. Best effort, unsigned and without authentication, like the real one. */
export class Webhooks {
  #stop = new AbortController();

  /** Reports the first payment of a customer of the integration. */
  reportNewBusiness(customer: Customer, knobs: Knobs): void {
    if (knobs.webhookUrl === null) return;
    const body = JSON.stringify(newBusiness(customer, knobs));
    void deliver(knobs.webhookUrl, body, knobs.webhookRetryDelayMs, this.#stop.signal);
  }

  /** Cancels pending deliveries: after a reset their customers no longer exist. */
  forget(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
  }
}

async function deliver(url: string, body: string, firstPause: number, stop: AbortSignal): Promise<void> {
  let pause = firstPause;
  for (let retries = mostRetries; !(await post(url, body, stop)) && retries > 0; retries--) {
    try {
      await setTimeout(pause, undefined, { ref: false, signal: stop });
    } catch {
      return; // cancelled
    }
    pause = Math.min(pause * 2, longestPause);
  }
}

async function post(url: string, body: string, stop: AbortSignal): Promise<boolean> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(patience)]);
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    await response.arrayBuffer(); // an unread body would keep the connection open
    return response.ok;
  } catch {
    return stop.aborted; // refused or timed out: the next attempt retries
  }
}

/** The documented payload: dev.chartmogul.com/docs/destinations/webhooks. */
function newBusiness(customer: Customer, { currency }: Knobs): Record<string, unknown> {
  const subscriptions = customer.sourceCustomers.flatMap((part) => part.subscriptions);
  const mrr = subscriptions.reduce((sum, { mrrInCents }) => sum + mrrInCents, 0);
  const sign = currencySign(currency);
  return {
    date: formatDate(customerSince(customer)),
    type: 'mrr_movement',
    customer: {
      name: customer.name,
      uuid: customer.uuid,
      email: customer.email,
      status: statusOf(customer),
      company: customer.company,
      currency,
      current_arr: mrr * 12,
      current_mrr: mrr,
      external_id: customer.externalId,
      external_ids: customer.sourceCustomers.map((part) => part.externalId),
      currency_symbol: sign,
      data_source_uuid: customer.dataSourceUuid,
    },
    description: 'purchased the Monthly plan',
    subscription: { external_id: subscriptions[0]?.externalId ?? null },
    movement_type: 'new_biz',
    account_currency: currency,
    invoice_currency: currency,
    account_currency_symbol: sign,
    invoice_currency_symbol: sign,
    movement_amount_in_cent: mrr,
    mrr_movement_in_account_currency: mrr,
    mrr_movement_in_invoice_currency: mrr,
  };
}
