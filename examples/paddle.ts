import { EventName, Paddle } from '@paddle/paddle-node-sdk';
import type { JourneyClient } from 'customer-journey-client';
import { ForgedWebhookError, requiredHeader, type Webhook } from './webhook.js';

export interface PaddleOptions {
  /** The secret of the notification destination, `pdl_ntfset_...`. */
  readonly secret: string;
  readonly journeys: JourneyClient;
}

/**
 * Paddle Billing. Subscribe to `transaction.completed`, `subscription.created` and `subscription.trialing`, and set
 * `custom_data: { lead_id }` in the checkout: Paddle copies it from the transaction to its subscription.
 *
 * @throws ForgedWebhookError, also for a signature that is older than five seconds
 * @throws GatewayError if the fact was not accepted: let Paddle retry.
 */
export async function receivePaddleWebhook(webhook: Webhook, { secret, journeys }: PaddleOptions): Promise<void> {
  const event = await verified(webhook, secret);
  switch (event.eventType) {
    case EventName.SubscriptionCreated:
    case EventName.SubscriptionTrialing: {
      const { customData, customerId, items } = event.data;
      const trialStartedAt = items.find(({ trialDates }) => trialDates !== null)?.trialDates?.startsAt;
      const leadId = leadIdOf(customData);
      if (leadId === undefined || trialStartedAt === undefined) return;
      await journeys.trialStarted(leadId, { occurredAt: trialStartedAt, billingCustomerId: customerId });
      return;
    }
    case EventName.TransactionCompleted: {
      const { customData, customerId, details, payments, billedAt } = event.data;
      // A trial and a discount of 100 % are completed as well. Renewals need no check, since the earliest payment counts;
      // `origin` does not show them: the first payment after a trial is `subscription_recurring` too.
      if (Number(details?.totals?.grandTotal ?? 0) <= 0) return;
      const occurredAt = payments.find(({ status }) => status === 'captured')?.capturedAt ?? billedAt;
      const leadId = leadIdOf(customData);
      if (leadId === undefined || customerId === null || occurredAt === null) return;
      await journeys.paymentSucceeded(leadId, { occurredAt, billingCustomerId: customerId });
    }
  }
}

async function verified(webhook: Webhook, secret: string) {
  const signature = requiredHeader(webhook, 'paddle-signature');
  const { webhooks } = new Paddle('no API key: nothing is called');
  const isSigned = await webhooks.isSignatureValid(webhook.body, secret, signature).catch(() => false);
  if (!isSigned) throw new ForgedWebhookError('the signature of Paddle is invalid or too old');
  return webhooks.unmarshal(webhook.body, secret, signature);
}

function leadIdOf(customData: object | null): string | undefined {
  const leadId: unknown = customData !== null && 'lead_id' in customData ? customData.lead_id : undefined;
  return typeof leadId === 'string' ? leadId : undefined;
}
