import assert from 'node:assert/strict';
import { differencesOf } from '../../src/journeys/audit-history.js';
import { auditId } from '../../src/workflows/audit-messages.js';
import { auditsOf, leadsOf } from '../cli/auditing.js';
import { billingScenarios, earlierPayment, known } from '../support/billing-scenarios.js';
import { eventually } from '../support/eventually.js';
import { onStage, until } from '../support/journeys.js';
import { adam, records, scenarios } from '../support/scenarios.js';

const { leadId, payerId } = adam;

describe('a workflow that continues as new', () => {
  it(
    'goes on with an unmerge',
    onStage({ serverKind: 'short-histories' }, async (stage) => {
      await scenarios['dates-put-back'].run(stage);
      stage.sandbox.fault({ route: 'POST /v1/customers/unmerges', status: 401, times: 1 });
      await stage.journeys.unmerge(leadId, { note: 'a wrong link' });
      const { runId } = await stage.journeys.summary(leadId);
      for (let count = 0; count < 80; count += 1) await stage.journeys.payerHint(leadId);
      await eventually(async () => (await stage.journeys.summary(leadId)).runId !== runId);

      await stage.journeys.retry(leadId);

      await until(stage, leadId, ({ unmerging, unmerged }) => unmerging === undefined && unmerged !== undefined);
      const [trial, day] = ['2016-02-10T05:15:10.000Z', '2016-01-05T00:00:00.000Z'];
      assert.deepEqual(
        new Set(records(stage)),
        new Set([
          { ids: [leadId], lead: day, trial },
          { ids: [payerId], lead: trial, trial },
        ]),
      );
    }),
  );

  it(
    'keeps the state of a billing customer',
    onStage(billingScenarios['billing-continue-as-new'].knobs, async (stage) => {
      await billingScenarios['billing-continue-as-new'].run(stage);

      const { raw, runId, memo } = await stage.customers.handle(payerId).describe();
      assert.notEqual(raw.workflowExecutionInfo?.firstRunId, runId, 'it was continued');
      const customer = await known(stage, () => true);
      assert.deepEqual(customer.notified, { leadId, trialStartedAt: adam.trial, paidAt: earlierPayment });
      assert.equal(customer.link?.rule, 'operator');
      assert.equal(memo?.leadId, leadId);
      const { value: listed } = await stage.customers.list()[Symbol.asyncIterator]().next();
      assert.deepEqual([listed?.matchStatus, listed?.paidAt], ['matched', earlierPayment]);
    }),
  );

  it(
    'is one audit: all differences are found in all runs',
    onStage({ serverKind: 'short-histories' }, async (stage) => {
      const audits = auditsOf(stage);

      const run = await audits.start({ leads: leadsOf(70) });
      const report = await audits.follow(run);
      const found: string[] = [];
      for await (const { leadId } of differencesOf(stage.server.client, run)) found.push(leadId);

      const { runId } = await stage.server.client.workflow.getHandle(auditId(stage.account)).describe();
      assert.notEqual(runId, run.runId);
      assert.equal(report.differences, 70);
      assert.equal(new Set(found).size, 70);
      assert.equal(found.length, 70);
      assert.deepEqual(await audits.report({ ...run, runId }), report);
    }),
  );
});
