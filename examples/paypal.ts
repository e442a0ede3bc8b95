import { verify, X509Certificate } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { JourneyClient } from 'customer-journey-client';
import { ForgedWebhookError, requiredHeader, type Webhook } from './webhook.js';

export interface PayPalOptions {
  /** The id of the webhook in PayPal's developer dashboard. */
  readonly webhookId: string;
  /** The customer's id in ChartMogul. It is not documented: compare it first, see docs/billing.md. */
  readonly customerIdOf: (subscriptionId: string) => string | Promise<string>;
  readonly journeys: JourneyClient;
  /** Downloads a certificate of PayPal's. Default: with `fetch`. */
  readonly loadCertificate?: (url: string) => Promise<string>;
}

/**
 * PayPal. Subscribe to `PAYMENT.SALE.COMPLETED` and `BILLING.SUBSCRIPTION.ACTIVATED`, and set `custom_id` of the
 * subscription to the lead id: the sale repeats it as `custom`.
 *
 * @throws ForgedWebhookError
 * @throws GatewayError if the fact was not accepted: let PayPal retry.
 */
export async function receivePayPalWebhook(webhook: Webhook, options: PayPalOptions): Promise<void> {
  await verifyPayPal(webhook, options);
  const { journeys, customerIdOf } = options;
  const { event_type: type, resource } = JSON.parse(webhook.body) as PayPalEvent; // signed by PayPal
  if (type === 'BILLING.SUBSCRIPTION.ACTIVATED') {
    const { custom_id: leadId, start_time: occurredAt, billing_info } = resource;
    const hasTrial = billing_info?.cycle_executions?.some(({ tenure_type }) => tenure_type === 'TRIAL') ?? false;
    if (!hasTrial || !leadId || !occurredAt) return;
    await journeys.trialStarted(leadId, { occurredAt, billingCustomerId: await customerIdOf(resource.id) });
  }
  if (type === 'PAYMENT.SALE.COMPLETED') {
    const { custom: leadId, billing_agreement_id: subscriptionId, amount, create_time: occurredAt } = resource;
    // A trial of 0.00 is a sale too. Renewals need no check: the earliest payment counts.
    if (Number(amount?.total ?? 0) <= 0 || !leadId || !subscriptionId || !occurredAt) return;
    await journeys.paymentSucceeded(leadId, { occurredAt, billingCustomerId: await customerIdOf(subscriptionId) });
  }
}

/** The fields that are read. A sale has the amount, a subscription the billing info. */
interface PayPalEvent {
  readonly event_type: string;
  readonly resource: {
    readonly id: string;
    readonly custom?: string;
    readonly billing_agreement_id?: string;
    readonly amount?: { readonly total: string };
    readonly create_time?: string;
    readonly custom_id?: string;
    readonly start_time?: string;
    readonly billing_info?: { readonly cycle_executions?: readonly { readonly tenure_type: string }[] };
  };
}

/**
 * PayPal's libraries do not verify webhooks offline. This is the documented way:
 * https://developer.paypal.com/api/rest/webhooks/rest/ ("Self verification method").
 */
async function verifyPayPal(webhook: Webhook, options: PayPalOptions): Promise<void> {
  const url = requiredHeader(webhook, 'paypal-cert-url');
  // The request itself names the certificate: only PayPal's own count.
  if (!certificateUrl.test(url)) throw new ForgedWebhookError('the certificate is not from PayPal');
  const signature = Buffer.from(requiredHeader(webhook, 'paypal-transmission-sig'), 'base64');
  const signed = [
    requiredHeader(webhook, 'paypal-transmission-id'),
    requiredHeader(webhook, 'paypal-transmission-time'),
    options.webhookId,
    crc32(webhook.body),
  ].join('|');
  const certificate = new X509Certificate(await (options.loadCertificate ?? download)(url));
  const isCurrent = Date.parse(certificate.validTo) > Date.now();
  if (!isCurrent || !verify('sha256', Buffer.from(signed), certificate.publicKey, signature)) {
    throw new ForgedWebhookError('the signature of PayPal is invalid');
  }
}

const certificateUrl = /^https:\/\/api(-m)?(\.sandbox)?\.paypal\.com\/v1\/notifications\/certs\/[\w-]+$/;

/** The URL of a certificate never changes its content. */
const downloaded = new Map<string, string>();

async function download(url: string): Promise<string> {
  const known = downloaded.get(url);
  if (known !== undefined) return known;
  const response = await fetch(url, { redirect: 'error' });
  if (!response.ok) throw new Error(`PayPal's certificate: ${response.status}`);
  const certificate = await response.text();
  downloaded.set(url, certificate);
  return certificate;
}
