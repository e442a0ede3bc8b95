import { createHmac, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import braintree from 'braintree';
import recurlyLibrary from 'recurly';
import { HttpAdapter, HttpResponse } from 'recurly/lib/recurly/HttpAdapter.js';
import { receiveBraintreeWebhook } from '../../examples/braintree.js';
import { receiveChargebeeWebhook } from '../../examples/chargebee.js';
import { receivePaddleWebhook } from '../../examples/paddle.js';
import { receivePayPalWebhook } from '../../examples/paypal.js';
import { receiveRecurlyWebhook } from '../../examples/recurly.js';
import type { Webhook } from '../../examples/webhook.js';
import type { JourneyClient } from '../../packages/client/src/index.js';

/** A biller whose webhooks are sent to its example, in the format of the recorded ones. */
export interface Biller {
  readonly name: string;
  readonly customerId: string;
  /** Makes a payment one of zero. */
  readonly free: Change;
  /** Makes a payment one of the next month. */
  readonly renewal: Change;
  receiver(journeys: JourneyClient): (webhook: Webhook) => Promise<void>;
  /** Undefined: the biller sends no webhook for a trial. */
  readonly trial?: () => Webhook;
  payment(change?: Change): Webhook;
  /** Payments that somebody else sent. */
  forged(): readonly Webhook[];
}

/** Pairs of a text and its replacement. */
export type Change = readonly (readonly [text: string, other: string])[];

const renewal: Change = [['2016-02-25T00:00:00', '2016-03-25T00:00:00']];

const secret = 'a-secret-of-the-test-0123456789abcdef';
const wrongSecret = 'another-secret-0123456789abcdef';

function recorded(file: string, change: Change = []): string {
  return change.reduce(
    (text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`${file} does not contain ${from}`);
      return text.replaceAll(from, to);
    },
    readFileSync(resolve('test/examples/fixtures', file), 'utf8'),
  );
}

const hmac = (key: string, text: string) => createHmac('sha256', key).update(text).digest('hex');

/** With a body that was changed on the way. */
function changed({ body, headers }: Webhook): Webhook {
  return { body: body.replace('lead_', 'lead_other_'), headers };
}

function paddleSigned(body: string, key = secret): Webhook {
  const seconds = Math.floor(Date.now() / 1000);
  return { body, headers: { 'paddle-signature': `ts=${seconds};h1=${hmac(key, `${seconds}:${body}`)}` } };
}

const paddle: Biller = {
  name: 'Paddle',
  customerId: 'ctm_01journey00000000000000001',
  free: [['"grand_total": "4900"', '"grand_total": "0"']],
  renewal,
  receiver: (journeys) => (webhook) => receivePaddleWebhook(webhook, { secret, journeys }),
  trial: () => paddleSigned(recorded('paddle/subscription.created.json')),
  payment: (change) => paddleSigned(recorded('paddle/transaction.completed.json', change)),
  forged() {
    const body = recorded('paddle/transaction.completed.json');
    return [paddleSigned(body, wrongSecret), changed(paddleSigned(body)), { body, headers: {} }];
  },
};

const paypalWebhookId = '0EH40505U7160970P';

/** Signed with a key that was made for this test, together with its certificate. */
function paypalSigned(body: string): Webhook {
  const [id, time] = ['b02ef980-9fce-11eb-b0ec-5bc241fbaaf3', '2016-02-25T00:01:36Z'];
  const message = Buffer.from([id, time, paypalWebhookId, crc32(body)].join('|'));
  return {
    body,
    headers: {
      'paypal-transmission-id': id,
      'paypal-transmission-time': time,
      'paypal-transmission-sig': sign('sha256', message, recorded('paypal/signing-key.pem')).toString('base64'),
      'paypal-cert-url': 'https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-7a8abba8',
      'paypal-auth-algo': 'SHA256withRSA',
    },
  };
}

const paypal: Biller = {
  name: 'PayPal',
  customerId: 'I-BW452GLLEP1G',
  free: [['"total": "49.00"', '"total": "0.00"']],
  renewal,
  receiver: (journeys) => (webhook) =>
    receivePayPalWebhook(webhook, {
      webhookId: paypalWebhookId,
      customerIdOf: (subscriptionId) => subscriptionId,
      journeys,
      loadCertificate: async () => recorded('paypal/certificate.pem'),
    }),
  trial: () => paypalSigned(recorded('paypal/billing.subscription.activated.json')),
  payment: (change) => paypalSigned(recorded('paypal/payment.sale.completed.json', change)),
  forged() {
    const body = recorded('paypal/payment.sale.completed.json');
    const { headers } = paypalSigned(body);
    const url = 'https://api.paypal.com.example/v1/notifications/certs/CERT-360caa42-fca2a594-7a8abba8';
    const otherTransmission = { 'paypal-transmission-id': 'b02ef980-9fce-11eb-b0ec-000000000000' };
    return [
      changed({ body, headers }),
      { body, headers: { ...headers, ...otherTransmission } },
      { body, headers: { ...headers, 'paypal-cert-url': url } },
      { body, headers: {} },
    ];
  },
};

function recurlySigned(body: string, key = secret): Webhook {
  const now = Date.now();
  // As in the day after a rotation of the key.
  const signatures = [hmac('the-new-key-of-the-test', `${now}.${body}`), hmac(key, `${now}.${body}`)];
  return { body, headers: { 'recurly-signature': [now, ...signatures].join(',') } };
}

/** Recurly's API, which the library calls: the invoice is as the last payment said. */
class RecurlyApi extends HttpAdapter {
  change: Change = [];

  override async execute(_method: string, url: string): Promise<HttpResponse> {
    const { pathname } = new URL(url);
    const body = pathname.startsWith('/invoices/number-1001')
      ? recorded('recurly/api-invoice.json', this.change)
      : recorded('recurly/api-subscription.json');
    return new HttpResponse(200, { 'content-type': 'application/json' }, body);
  }
}

const recurlyApi = new RecurlyApi();
const recurlyClient = new recurlyLibrary.Client('key', { httpAdapter: recurlyApi });

const recurly: Biller = {
  name: 'Recurly',
  customerId: 'lead_recurly',
  free: [['"total": 49.0', '"total": 0.0']],
  renewal,
  receiver: (journeys) => (webhook) => receiveRecurlyWebhook(webhook, { secret, client: recurlyClient, journeys }),
  trial: () => recurlySigned(recorded('recurly/subscription.created.json')),
  payment(change = []) {
    recurlyApi.change = change;
    return recurlySigned(recorded('recurly/charge_invoice.paid.json'));
  },
  forged() {
    const body = recorded('recurly/charge_invoice.paid.json');
    return [recurlySigned(body, wrongSecret), changed(recurlySigned(body)), { body, headers: {} }];
  },
};

const braintreeKeys = { environment: braintree.Environment.Sandbox, merchantId: 'merchant', publicKey: 'public' };
const braintreeGateway = new braintree.BraintreeGateway({ ...braintreeKeys, privateKey: secret });

/** As the library signs its own samples. */
function braintreeSigned(xml: string, privateKey = secret): Webhook {
  const payload = `${Buffer.from(xml).toString('base64')}\n`;
  const { webhookTesting } = new braintree.BraintreeGateway({ ...braintreeKeys, privateKey });
  const { sampleSignature } = webhookTesting as unknown as { sampleSignature(payload: string): string }; // not in its types
  const form = { bt_signature: sampleSignature.call(webhookTesting, payload), bt_payload: payload };
  return {
    body: new URLSearchParams(form).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  };
}

const braintreeFile = 'braintree/subscription_charged_successfully.xml';

const braintreeBiller: Biller = {
  name: 'Braintree',
  customerId: 'lead_braintree',
  free: [['<amount>49.00</amount>', '<amount>0.00</amount>']],
  renewal,
  receiver: (journeys) => (webhook) => receiveBraintreeWebhook(webhook, { gateway: braintreeGateway, journeys }),
  payment: (change) => braintreeSigned(recorded(braintreeFile, change)),
  forged() {
    const signed = braintreeSigned(recorded(braintreeFile));
    const form = new URLSearchParams(signed.body);
    form.set('bt_payload', Buffer.from(recorded(braintreeFile, [['lead_braintree', 'lead_other']])).toString('base64'));
    return [
      braintreeSigned(recorded(braintreeFile), wrongSecret),
      { ...signed, body: form.toString() },
      { ...signed, body: '' },
    ];
  },
};

function chargebeeSent(body: string, password = secret): Webhook {
  const credentials = Buffer.from(`chargebee:${password}`).toString('base64');
  return { body, headers: { authorization: `Basic ${credentials}` } };
}

const chargebee: Biller = {
  name: 'Chargebee',
  customerId: 'AzZlGJTB1cus1',
  free: [['"amount": 4900', '"amount": 0']],
  renewal: [['1456358400', '1458864000']],
  receiver: (journeys) => (webhook) =>
    receiveChargebeeWebhook(webhook, { username: 'chargebee', password: secret, journeys }),
  trial: () => chargebeeSent(recorded('chargebee/subscription_created.json')),
  payment: (change) => chargebeeSent(recorded('chargebee/payment_succeeded.json', change)),
  // Not a changed body: Chargebee signs nothing.
  forged() {
    const body = recorded('chargebee/payment_succeeded.json');
    return [chargebeeSent(body, wrongSecret), { body, headers: {} }];
  },
};

export const billers: readonly Biller[] = [paypal, recurly, braintreeBiller, paddle, chargebee];
