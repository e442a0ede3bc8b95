import braintree from 'braintree';
import { JourneyClient } from 'customer-journey-client';
import recurly from 'recurly';
import { receiveBraintreeWebhook } from './braintree.js';
import { receiveChargebeeWebhook } from './chargebee.js';
import { receivePaddleWebhook } from './paddle.js';
import { receivePayPalWebhook } from './paypal.js';
import { receiveRecurlyWebhook } from './recurly.js';
import { webhookServer } from './server.js';
import type { Webhook } from './webhook.js';

const gatewayKey = process.env.JOURNEY_KEY;
const journeys = new JourneyClient({
  url: process.env.JOURNEY_GATEWAY ?? 'http://127.0.0.1:8080',
  ...(gatewayKey !== undefined && { key: gatewayKey }),
});

const billers: Readonly<Record<string, () => (webhook: Webhook) => Promise<void>>> = {
  braintree() {
    const gateway = new braintree.BraintreeGateway({
      environment: braintree.Environment.Production,
      merchantId: setting('BRAINTREE_MERCHANT_ID'),
      publicKey: setting('BRAINTREE_PUBLIC_KEY'),
      privateKey: setting('BRAINTREE_PRIVATE_KEY'),
    });
    return (webhook) => receiveBraintreeWebhook(webhook, { gateway, journeys });
  },
  chargebee() {
    const [username, password] = [setting('CHARGEBEE_WEBHOOK_USERNAME'), setting('CHARGEBEE_WEBHOOK_PASSWORD')];
    return (webhook) => receiveChargebeeWebhook(webhook, { username, password, journeys });
  },
  paddle() {
    const secret = setting('PADDLE_WEBHOOK_SECRET');
    return (webhook) => receivePaddleWebhook(webhook, { secret, journeys });
  },
  paypal() {
    const webhookId = setting('PAYPAL_WEBHOOK_ID');
    // A guess: compare it with the customers in ChartMogul first.
    const customerIdOf = (subscriptionId: string) => subscriptionId;
    return (webhook) => receivePayPalWebhook(webhook, { webhookId, customerIdOf, journeys });
  },
  recurly() {
    const secret = setting('RECURLY_WEBHOOK_SECRET');
    const client = new recurly.Client(setting('RECURLY_API_KEY'));
    return (webhook) => receiveRecurlyWebhook(webhook, { secret, client, journeys });
  },
};

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`set ${name}`);
  return value;
}

const [biller = ''] = process.argv.slice(2);
const receiver = Object.hasOwn(billers, biller) ? billers[biller] : undefined;
if (receiver === undefined) throw new Error(`name the biller: ${Object.keys(billers).join(', ')}`);
const port = Number(process.env.PORT ?? 3000);
webhookServer(receiver()).listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`));
