import assert from 'node:assert/strict';
import { onStage, type Stage } from '../support/journeys.js';
import { adam, adamProven, calls, lead, looking, records, stripe, wokenLookups } from '../support/scenarios.js';
import { assertProblem, openGateway, type TestGateway } from './gateways.js';

const { leadId, payerId } = adam;
const secret = 'b3f1c2d4e5a697887766554433221100';

/** The example in ChartMogul's help. */
const newBusiness = (externalIds: readonly string[]) => ({
  date: '2016-02-25T09:30:00Z',
  type: 'mrr_movement',
  movement_type: 'new_biz',
  customer: {
    name: 'Adam Smith',
    uuid: 'cus_de305d54-75b4-431b-adb2-eb6b9e546012',
    email: 'adam@example.com',
    status: 'Active',
    external_id: externalIds[0],
    external_ids: externalIds,
  },
});

function withGateway(test: (stage: Stage, gateway: TestGateway) => Promise<void>) {
  return onStage({}, async (stage) => {
    const env = { CHARTMOGUL_WEBHOOK_SECRETS: `${stage.account}:${secret}` };
    const gateway = await openGateway({ account: stage.account, env });
    try {
      await test(stage, gateway);
    } finally {
      await gateway.close();
    }
  });
}

describe('POST /webhooks/chartmogul/{secret}', () => {
  it(
    'triggers the lookup of the paying customer at once',
    withGateway(async (stage, gateway) => {
      await lead(stage);
      const report = { link: { leadId, rule: 'customer-metadata' }, paidAt: adam.paid };
      await gateway.client.workflow.signalWithStart('billingCustomer', {
        workflowId: `billing/${stage.account}/${payerId}`,
        taskQueue: 'customer-journey',
        args: [{ billingCustomerId: payerId, account: stage.account }],
        signal: 'billingReported',
        signalArgs: [report],
      });
      await looking(stage);
      await calls(stage, 'GET /v1/customers 200', 1);
      stripe(stage);

      const { body } = await gateway.ask('POST', `/webhooks/chartmogul/${secret}`, newBusiness([payerId]));
      await stage.journeys.handle(leadId).result();

      assert.equal(body.result, 'hinted');
      assert.equal(await wokenLookups(stage), 1);
      assert.deepEqual(
        records(stage).map(({ ids }) => ids),
        adamProven.map(({ ids }) => ids),
      );
    }),
  );

  it(
    'starts nothing for an unknown customer, and ignores other movements',
    withGateway(async (stage, gateway) => {
      const path = `/webhooks/chartmogul/${secret}`;
      const stranger = await gateway.ask('POST', path, newBusiness(["cus_x' OR WorkflowId != '", 'cus_y']));
      const churn = await gateway.ask('POST', path, { ...newBusiness([payerId]), movement_type: 'churn' });

      assert.deepEqual([stranger.status, stranger.body.result], [200, 'unknown_customer']);
      assert.deepEqual([churn.status, churn.body.result], [200, 'ignored']);
      await assert.rejects(gateway.client.workflow.getHandle(`billing/${stage.account}/cus_y`).describe(), /not found/);
    }),
  );

  it(
    'responds with 404 to a wrong secret, and never logs the secret',
    withGateway(async (_stage, gateway) => {
      const wrong = await gateway.ask(
        'POST',
        `/webhooks/chartmogul/${secret.replace('b', 'c')}`,
        newBusiness([payerId]),
      );
      await gateway.ask('POST', `/webhooks/chartmogul/${secret}`, newBusiness([payerId]));
      const metrics = await (await fetch(`${gateway.operationsUrl}/metrics`)).text();

      assertProblem(wrong, 404, 'not-found');
      assert.match(metrics, /webhook_refusals_total{source="chartmogul",reason="wrong-secret"} 1/);
      assert.doesNotMatch(gateway.logged.join('') + metrics, new RegExp(`${secret.slice(4)}|Adam|example\\.com`));
    }),
  );

  it(
    'refuses a body that is not an object',
    withGateway(async (_stage, gateway) => {
      assertProblem(await gateway.ask('POST', `/webhooks/chartmogul/${secret}`, [1]), 400, 'invalid-request');
    }),
  );
});
