import assert from 'node:assert/strict';
import { ChartMogulClient } from '../../src/chartmogul/client.js';
import { fastForward } from '../../tools/temporal-server/time-skipping.js';
import { onStage, type Stage, until } from '../support/journeys.js';
import { adam, calls, ended, forwardToEnd, lead, paid, records, stripe } from '../support/scenarios.js';

const earlierLead = { leadId: 'cus_0002', occurredAt: '2015-05-08T10:13:11Z' } as const;

describe('two leads of one payer', () => {
  it(
    'keep the earliest date if the later journey sends a PATCH that it planned before the other journey wrote',
    onStage({}, async (stage) => {
      stripe(stage);
      await stage.journeys.leadCreated('cus_0003', { occurredAt: adam.trial });
      await stage.journeys.paymentSucceeded('cus_0003', { occurredAt: adam.paid, billingCustomerId: adam.payerId });
      await stage.journeys.handle('cus_0003').result();
      stage.sandbox.fault({ route: 'PATCH /v1/customers/:uuid', status: 429, retryAfter: 300 });
      await lead(stage);
      await paid(stage);
      await calls(stage, 'PATCH /v1/customers/', 1);
      await stage.journeys.leadCreated(earlierLead.leadId, { occurredAt: earlierLead.occurredAt });
      const payment = { occurredAt: adam.paid, billingCustomerId: adam.payerId };
      await stage.journeys.paymentSucceeded(earlierLead.leadId, payment);
      await until(stage, earlierLead.leadId, ({ doing }) => doing.startsWith('rechecking'));
      await forwardUntilClosed(stage, earlierLead.leadId);

      await forwardToEnd(stage, '10 minutes');

      assert.equal((await ended(stage)).attention, undefined);
      assert.deepEqual(
        records(stage).map((record) => record.lead),
        ['2015-05-08T10:13:11.000Z'],
      );
    }),
  );

  it(
    'restore a date that another journey overwrote at the same moment',
    onStage({}, async (stage) => {
      stripe(stage);
      await stage.journeys.leadCreated('cus_0003', { occurredAt: adam.trial });
      await stage.journeys.paymentSucceeded('cus_0003', { occurredAt: adam.paid, billingCustomerId: adam.payerId });
      await stage.journeys.handle('cus_0003').result();
      await lead(stage);
      await paid(stage);
      const settling = await until(stage, adam.leadId, ({ doing }) => doing.startsWith('rechecking'));
      assert.equal(settling.stage, 'paid', 'not proven yet');
      const uuid = String(stage.sandbox.customers()[0]?.uuid);
      await new ChartMogulClient(stage.config.chartMogul).updateCustomer(uuid, { lead_created_at: adam.trial });

      await forwardUntilClosed(stage, adam.leadId);

      assert.deepEqual(
        records(stage).map((record) => record.lead),
        ['2016-01-05T00:00:00.000Z'],
      );
    }),
  );
});

async function forwardUntilClosed(stage: Stage, leadId: string): Promise<void> {
  const journey = stage.journeys.handle(leadId);
  await fastForward(journey, '5 minutes').catch((error) => {
    if (!String(error).includes('the execution ended')) throw error;
  });
  await journey.result();
}
