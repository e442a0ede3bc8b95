import assert from 'node:assert/strict';
import { type AuditClass, isDifference } from '../../src/domain/audit/classes.js';
import { type AuditReport, type AuditRequest, auditAccountType, auditId } from '../../src/workflows/audit-messages.js';
import { workflowTaskQueue } from '../../src/workflows/messages.js';
import { call } from '../support/by-hand.js';
import { beginLead, disturbances } from '../support/disturbances.js';
import { onStage, type Stage } from '../support/journeys.js';

describe('an audit', () => {
  it(
    'names every disturbed lead, in its class, and mends those that a journey can mend',
    onStage({}, async (stage) => {
      const leads = Object.values(disturbances).map((disturbance, at) => ({
        ...disturbance,
        ...{ leadId: `lead_${at}`, payerId: `cus_${at}` },
      }));
      const plain = ['plain_0', 'plain_1'].map((leadId) => ({ leadId, payerId: `cus_${leadId}` }));
      await Promise.all([
        ...leads.map((lead) => beginLead(stage, lead, lead.begins)),
        ...plain.map((lead) => beginLead(stage, lead, 'proven')),
      ]);
      for (const lead of leads) await lead.disturb(stage, lead);
      await call(stage, 'POST', '/v1/customers', {
        ...{ data_source_uuid: stage.sandbox.leadsSourceUuid, external_id: 'unreported', name: 'x' },
      });
      const wanted = (after: 'class' | 'afterFix') =>
        new Map<string, AuditClass>([
          ...leads.map((lead) => [lead.leadId, lead[after]] as const),
          ['unreported', 'unknown'],
        ]);

      const found = await audit(stage);
      assert.deepEqual(classesOf(found), wanted('class'));
      assert.equal(found.leads, leads.length + plain.length);
      assert.equal(found.counts.ok, plain.length);
      assert.equal(found.differences, leads.length + 1);

      const before = stage.requests().filter((request) => !request.startsWith('GET')).length;
      const fixed = await audit(stage, { fix: true });
      assert.deepEqual(classesOf(fixed), wanted('class'));
      const { restarted = 0, mended = 0, failed = 0 } = fixed.mending ?? {};
      const toBeMended = leads.filter(({ afterFix }) => afterFix === 'ok').length;
      assert.deepEqual([restarted, mended, failed], [toBeMended, toBeMended, 0]);
      assert.ok(stage.requests().filter((request) => !request.startsWith('GET')).length > before);

      const again = await audit(stage);
      assert.deepEqual(classesOf(again), new Map([...wanted('afterFix')].filter(([, found]) => isDifference(found))));
      assert.equal(again.before, fixed.differences);
      assert.equal(again.differences, fixed.differences);
    }),
  ).timeout('3 minutes');
});

async function audit({ server, account }: Stage, request: Partial<AuditRequest> = {}): Promise<AuditReport> {
  const handle = await server.client.workflow.start<(request: AuditRequest) => Promise<AuditReport>>(auditAccountType, {
    workflowId: auditId(account),
    taskQueue: workflowTaskQueue,
    args: [{ account, ...request }],
  });
  return handle.result();
}

function classesOf({ examples }: AuditReport): Map<string, AuditClass> {
  return new Map(examples.map((difference) => [difference.leadId, difference.class]));
}
