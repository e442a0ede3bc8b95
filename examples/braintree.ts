import type braintree from 'braintree';
import type { JourneyClient } from 'customer-journey-client';
import { ForgedWebhookError, type Webhook } from './webhook.js';

export interface BraintreeOptions {
  /** With the API keys: Braintree signs webhooks with them. */
  readonly gateway: Pick<braintree.BraintreeGateway, 'webhookNotification'>;
  readonly journeys: JourneyClient;
}

/**
 * Braintree. Subscribe to `subscription_charged_successfully`, and create each customer with the lead id as its id.
 * Braintree sends no webhook when a trial starts: report it where you create the subscription.
 *
 * The signature has no timestamp, so anyone who recorded a webhook can send it again. It then reports a known payment.
 *
 * @throws ForgedWebhookError
 * @throws GatewayError if the fact was not accepted: let Braintree retry.
 */
export async function receiveBraintreeWebhook(
  webhook: Webhook,
  { gateway, journeys }: BraintreeOptions,
): Promise<void> {
  const notification = await verified(webhook, gateway);
  if (notification.kind !== 'subscription_charged_successfully') return;
  // The latest transaction is the first one. Free cycles have none, or one of 0.00. Renewals need no check: the earliest
  // payment counts.
  const [transaction] = notification.subscription.transactions ?? [];
  if (transaction === undefined || Number(transaction.amount) <= 0) return;
  const { customer, createdAt: occurredAt } = transaction;
  await journeys.paymentSucceeded(customer.id, { occurredAt, billingCustomerId: customer.id });
}

async function verified({ body }: Webhook, { webhookNotification }: BraintreeOptions['gateway']) {
  const form = new URLSearchParams(body);
  try {
    return await webhookNotification.parse(form.get('bt_signature') ?? '', form.get('bt_payload') ?? '');
  } catch (error) {
    const isForged = error instanceof Error && 'type' in error && error.type === 'invalidSignatureError';
    throw isForged ? new ForgedWebhookError('the signature of Braintree is invalid', { cause: error }) : error;
  }
}
