import assert from 'node:assert/strict';
import { NoWorkerError } from '../../src/journeys/index.js';
import { auditSchedule } from '../../src/journeys/workflow-schedule.js';
import { type AuditReport, auditAccountType, auditId } from '../../src/workflows/audit-messages.js';
import { workflowTaskQueue } from '../../src/workflows/messages.js';
import { eventually } from '../support/eventually.js';
import { holdRequest } from '../support/held-requests.js';
import { onStage } from '../support/journeys.js';
import { trigger } from '../support/schedules.js';
import { auditsOf, leadsOf } from './auditing.js';

describe('audits', () => {
  it(
    'get the rest of a file from the same command, if the first one was killed',
    onStage({}, async (stage) => {
      const audits = auditsOf(stage);
      const leads = leadsOf(2);
      const [first = ''] = leads.chunks;
      void audits.start({ leads: { ...leads, all: () => thenNothing(first) } }).catch(() => undefined);
      const handle = stage.server.client.workflow.getHandle(auditId(stage.account));
      await eventually(async () => {
        const { historyLength = 0 } = await handle.describe().catch(() => ({ historyLength: 0 }));
        return historyLength > 4; // it has the first chunk
      });

      const run = await audits.start({ leads });
      const report = await audits.follow(run);

      assert.equal(run.isAttached, true);
      assert.deepEqual([report.leads, report.counts], [2, { ok: 0, missing: 2 }]);
    }),
  );

  it(
    'wait for a worker, say which is missing, and give up after a while',
    onStage({ namespace: 'own' }, async (stage) => {
      const audits = auditsOf(stage);
      const held = await holdRequest(stage, 'GET /v1/invoices');
      const run = await audits.start();
      await held.arrived;
      held.end('drop');
      stage.worker.stop();
      await stage.worker.ended;
      const said: string[] = [];

      const following = audits.follow(run, { patience: '1 second', onSilence: (reason) => said.push(reason) });

      await assert.rejects(following, NoWorkerError);
      assert.match(
        said[0] ?? '',
        /^The audit waits: no worker polls customer-journey or chartmogul\/test-\w+\. Start one with/,
      );
    }),
  );

  it(
    'are followed when a schedule has started them, and are those of one account',
    onStage({}, async (stage) => {
      const { client } = stage.server;
      const { account } = stage;
      const audits = auditsOf(stage);
      const other = `${account}-2`;
      const schedule = auditSchedule(client, account);
      await schedule.set('1 day');
      try {
        const held = await holdRequest(stage, 'GET /v1/invoices');
        const scheduled = await trigger<() => Promise<AuditReport>>(client, schedule.id);
        await held.arrived;
        await eventually(async () => (await audits.last()).later !== undefined);

        const run = await audits.start();
        held.end('forward');
        const report = await audits.follow(run);
        const ofOther = await client.workflow.start(auditAccountType, {
          workflowId: auditId(other),
          taskQueue: workflowTaskQueue,
          args: [{ account: other }],
        });
        const { last, later } = await eventually(async () => {
          const found = await audits.last();
          return found.last !== undefined && found.later === undefined && found;
        });
        await ofOther.terminate();

        assert.deepEqual([run.isAttached, run.workflowId], [true, scheduled.workflowId]);
        assert.equal(report.account, account);
        assert.deepEqual([last?.workflowId, last?.isScheduled, later], [scheduled.workflowId, true, undefined]);
      } finally {
        await schedule.remove();
      }
    }),
  );
});

async function* thenNothing(chunk: string): AsyncGenerator<string> {
  yield chunk;
  await new Promise(() => undefined);
}
