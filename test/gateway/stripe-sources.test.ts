import assert from 'node:assert/strict';
import { apiKey } from '../../packages/chartmogul-sandbox/src/index.js';
import { ChartMogulClient } from '../../src/chartmogul/client.js';
import { openStage, type Stage, untilCustomer } from '../support/journeys.js';
import { type StripeEvent, signedStripeRequest, stripeCustomer } from '../support/stripe.js';
import { openGateway, type TestGateway } from './gateways.js';

const secrets = {
  first: 'whsec_first0123456789abcdef',
  us: 'whsec_us0123456789abcdef',
  connect: 'whsec_connect0123456789abcdef',
};
const ownAccount = 'acct_1Own';
const paidAt = '2016-02-25T00:00:00Z';
const leadDate = '2016-01-05T00:00:00Z';

/** Two Stripe accounts and a connected account, in all of which a customer has the same id by accident. */
describe('an account with several billing sources', () => {
  const customer = stripeCustomer({ customerId: 'cus_1', livemode: true });
  const leads = { first: 'lead_first', us: 'lead_us', shop: 'lead_shop' };
  const ids = { first: 'cus_1', us: 'us:cus_1', shop: 'shop:cus_1' };
  let stage: Stage;
  let gateway: TestGateway;
  let chartMogul: ChartMogulClient;

  before(async () => {
    stage = await openStage({ furtherBilling: { us: 'Stripe US', shop: 'Shop' } });
    chartMogul = new ChartMogulClient({ apiKey, url: stage.sandbox.url, timeoutMs: 30_000 });
    const { account } = stage;
    gateway = await openGateway({
      account,
      env: {
        STRIPE_WEBHOOK_SECRETS: [
          `${account}:live:${secrets.first}`,
          `${account}:live:us:${secrets.us}`,
          `${account}:live:${secrets.connect}`,
        ].join(','),
        STRIPE_CONNECTED_ACCOUNTS: `${account}:shop:${ownAccount}`,
        STRIPE_SIGNATURE_TOLERANCE: '2 hours',
        CHARTMOGUL_URL: stage.sandbox.url,
      },
    });
  });
  after(async () => {
    await gateway.close();
    await stage.close();
  });

  const send = async (event: StripeEvent, secret: string): Promise<string> => {
    const { body, headers } = signedStripeRequest(event, secret);
    const { status, body: answer } = await gateway.ask('POST', '/webhooks/stripe', body, headers);
    assert.equal(status, 200);
    return answer.result;
  };
  const paid = (leadId: string) => customer.invoice(paidAt, { lead_id: leadId });

  it('tells customers with the same id apart: each lead is merged with its own', async () => {
    const sources = Object.fromEntries((await chartMogul.listDataSources()).map(({ name, uuid }) => [name, uuid]));
    const uuids = { first: stage.sandbox.billingSourceUuid, us: sources['Stripe US'], shop: sources.Shop };
    for (const source of ['first', 'us', 'shop'] as const) {
      await stage.journeys.leadCreated(leads[source], { occurredAt: leadDate });
      const dataSource = uuids[source];
      assert.ok(dataSource);
      stage.sandbox.ingest({ data_source_uuid: dataSource, external_id: 'cus_1', paid_at: paidAt });
    }

    await send(paid(leads.first), secrets.first);
    await send(paid(leads.us), secrets.us);
    await send({ ...paid(leads.shop), account: ownAccount }, secrets.connect);

    for (const source of ['first', 'us', 'shop'] as const) {
      const { outcome, billingCustomerId } = await stage.journeys.handle(leads[source]).result();
      assert.deepEqual([outcome, billingCustomerId], ['proven', ids[source]]);
      const { link } = await untilCustomer(stage, ids[source], ({ matchStatus }) => matchStatus === 'matched');
      assert.equal(link?.leadId, leads[source]);
    }
    const records = stage.sandbox.customers().map(({ external_ids, data_source_uuids }) => ({
      ids: [...(external_ids as string[])].sort(), // ChartMogul's own shape
      sources: [...(data_source_uuids as string[])].sort(),
    }));
    const wanted = (['first', 'us', 'shop'] as const).map((source) => ({
      ids: ['cus_1', leads[source]],
      sources: [stage.sandbox.leadsSourceUuid, uuids[source] ?? ''].sort(),
    }));
    const byLead = (one: { ids: string[] }, other: { ids: string[] }) =>
      String(one.ids).localeCompare(String(other.ids));
    assert.deepEqual(records.sort(byLead), wanted.sort(byLead));
  });

  it('links a customer of a further source by its whole id', async () => {
    const view = await stage.customers.link(ids.us, { leadId: leads.us, note: 'as reported' });

    assert.deepEqual([view.billingCustomerId, view.link?.leadId], ['us:cus_1', leads.us]);
    await assert.rejects(
      stage.customers.link(ids.us, { leadId: 'lead_other', note: 'wrong' }),
      /merged with lead lead_us/,
    );
  });

  it('ignores a connected account that is not its own', async () => {
    const result = await send({ ...paid('lead_stranger'), account: 'acct_1Stranger' }, secrets.connect);

    assert.equal(result, 'connected-account');
  });
});
