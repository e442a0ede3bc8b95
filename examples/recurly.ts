import { createHmac, timingSafeEqual } from 'node:crypto';
import type { JourneyClient } from 'customer-journey-client';
import type { Client } from 'recurly';
import { ForgedWebhookError, requiredHeader, type Webhook } from './webhook.js';

export interface RecurlyOptions {
  /** The secret key of the webhook endpoint. */
  readonly secret: string;
  /** A webhook contains ids only: `new recurly.Client(apiKey)` fetches what they name. */
  readonly client: Pick<Client, 'getInvoice' | 'getSubscription'>;
  readonly journeys: JourneyClient;
}

/**
 * Recurly. Create a JSON endpoint (XML is not signed) for `charge_invoice.paid` and `subscription.created`, and use the
 * lead id as the code of the account.
 *
 * @throws ForgedWebhookError
 * @throws GatewayError or Recurly's ApiError if the fact was not accepted: let Recurly retry.
 */
export async function receiveRecurlyWebhook(webhook: Webhook, options: RecurlyOptions): Promise<void> {
  verifyRecurly(webhook, options.secret);
  const { client, journeys } = options;
  const event = JSON.parse(webhook.body) as RecurlyEvent; // signed by Recurly
  if (event.object_type === 'charge_invoice' && event.event_type === 'paid') {
    const { total, closedAt, account } = await client.getInvoice(`number-${event.invoice_number}`);
    // An invoice of a trial is paid at once. Renewals need no check: the earliest payment counts.
    if ((total ?? 0) <= 0 || !closedAt || !account?.code) return;
    await journeys.paymentSucceeded(account.code, { occurredAt: closedAt, billingCustomerId: account.code });
  }
  if (event.object_type === 'subscription' && event.event_type === 'created') {
    const { trialStartedAt, account } = await client.getSubscription(`uuid-${event.uuid}`);
    if (!trialStartedAt || !account?.code) return;
    await journeys.trialStarted(account.code, { occurredAt: trialStartedAt, billingCustomerId: account.code });
  }
}

/** The fields that are read. */
interface RecurlyEvent {
  readonly object_type: string;
  readonly event_type: string;
  /** Of a subscription. */
  readonly uuid?: string;
  /** Of an invoice. */
  readonly invoice_number?: string;
}

const toleranceMs = 5 * 60 * 1000;

/**
 * Recurly's library for Node.js does not verify webhooks. This is the documented way, with the tolerance of its library
 * for Ruby: https://docs.recurly.com/recurly-subscriptions/docs/signature-verification
 */
function verifyRecurly(webhook: Webhook, secret: string): void {
  const [timestamp = '', ...signatures] = requiredHeader(webhook, 'recurly-signature').split(',');
  const isRecent = Math.abs(Date.now() - Number(timestamp)) <= toleranceMs;
  const expected = createHmac('sha256', secret).update(`${timestamp}.${webhook.body}`).digest();
  // For a day after a rotation of the key, there are two signatures.
  const isSigned = signatures.some((signature) => {
    const given = Buffer.from(signature.trim(), 'hex');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!isRecent || !isSigned) throw new ForgedWebhookError('the signature of Recurly is invalid or too old');
}
