import { createHash, timingSafeEqual } from 'node:crypto';
import { basicAuthValidator, WebhookAuthenticationError } from 'chargebee';
import type { JourneyClient } from 'customer-journey-client';
import { ForgedWebhookError, type Webhook } from './webhook.js';

export interface ChargebeeOptions {
  /** The basic authentication that is set for the webhook in Chargebee. */
  readonly username: string;
  readonly password: string;
  readonly journeys: JourneyClient;
}

/**
 * Chargebee. Subscribe to `payment_succeeded`, `subscription_created` and `subscription_started`, protect the webhook
 * with basic authentication, and set `meta_data: { lead_id }` of the customer.
 *
 * Chargebee does not sign webhooks: who knows the password can report any payment.
 *
 * @throws ForgedWebhookError
 * @throws GatewayError if the fact was not accepted: let Chargebee retry.
 */
export async function receiveChargebeeWebhook(webhook: Webhook, options: ChargebeeOptions): Promise<void> {
  await authenticate(webhook, options);
  const { journeys } = options;
  const event = JSON.parse(webhook.body) as ChargebeeEvent; // sent by Chargebee
  const { customer, subscription, transaction } = event.content;
  const leadId = customer?.meta_data?.lead_id;
  if (customer === undefined || leadId === undefined) return;
  const billingCustomerId = customer.id;
  if (event.event_type === 'payment_succeeded') {
    // Renewals need no check, since the earliest payment counts; `first_invoice` may be that of a free first month.
    if (transaction?.date === undefined || (transaction.amount ?? 0) <= 0) return;
    await journeys.paymentSucceeded(leadId, { occurredAt: dateOf(transaction.date), billingCustomerId });
  }
  if (event.event_type === 'subscription_created' || event.event_type === 'subscription_started') {
    if (subscription?.status !== 'in_trial' || subscription.trial_start === undefined) return;
    await journeys.trialStarted(leadId, { occurredAt: dateOf(subscription.trial_start), billingCustomerId });
  }
}

/** The fields that are read. */
interface ChargebeeEvent {
  readonly event_type: string;
  readonly content: {
    readonly customer?: { readonly id: string; readonly meta_data?: { readonly lead_id?: string } };
    readonly subscription?: { readonly status: string; readonly trial_start?: number };
    /** `amount` is in cents. */
    readonly transaction?: { readonly amount?: number; readonly date?: number };
  };
}

async function authenticate({ headers }: Webhook, { username, password }: ChargebeeOptions): Promise<void> {
  const validate = basicAuthValidator((user, word) => isSame(user, username) && isSame(word, password));
  await validate({ ...headers }).catch((error: unknown) => {
    const isForged = error instanceof WebhookAuthenticationError;
    throw isForged ? new ForgedWebhookError('the user name or password is invalid', { cause: error }) : error;
  });
}

/** In constant time. */
function isSame(given: string, expected: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}

function dateOf(seconds: number): Date {
  return new Date(seconds * 1000);
}
