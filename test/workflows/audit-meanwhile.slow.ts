import assert from 'node:assert/strict';
import { type Facts, noFacts } from '../../src/domain/journey/facts.js';
import { type FileLead, packLeads } from '../../src/journeys/audit-file.js';
import { type AuditLeads, Audits } from '../../src/journeys/audits.js';
import { progressOf } from '../../src/journeys/progress.js';
import { type AuditReport, auditId, expectLeads } from '../../src/workflows/audit-messages.js';
import { call, recordOf, setDatesByHand } from '../support/by-hand.js';
import { beginLead } from '../support/disturbances.js';
import { eventually } from '../support/eventually.js';
import { holdRequest } from '../support/held-requests.js';
import { onStage, patience, type Stage, workerOf } from '../support/journeys.js';
import { adam } from '../support/scenarios.js';

/** An audit requests the invoices, the list of each source, and then single records. */
const requests = { ofLeadsList: 0, ofBillingList: 1, ofFirstDoubt: 2 } as const;

/** The waiting times of the account's rate limit are not the subject. */
const unlimited = { rateLimitPerSecond: 0, maxParallel: 0 } as const;

const auditsOf = ({ server, account }: Stage) =>
  new Audits({ client: server.client, account, timeout: patience, workerTimeout: patience });
const holdAudit = (stage: Stage, request: keyof typeof requests) =>
  holdRequest(stage, 'GET /v1/customers?', requests[request]);
const classesOf = ({ examples }: AuditReport) =>
  Object.fromEntries(examples.map((difference) => [difference.leadId, difference.class]));

async function prove(stage: Stage, count: number): Promise<void> {
  const leads = Array.from({ length: count }, (_, at) => ({ leadId: `lead_${at}`, payerId: `cus_${at}` }));
  await Promise.all(leads.map((lead) => beginLead(stage, lead, 'proven')));
}

describe('an audit, while other things happen', () => {
  it(
    'neither expects nor reports a lead that comes meanwhile',
    onStage(unlimited, async (stage) => {
      await prove(stage, 2);
      const audits = auditsOf(stage);
      const held = await holdAudit(stage, 'ofLeadsList');
      const run = await audits.start();
      await held.arrived;
      await beginLead(stage, { leadId: 'new', payerId: 'cus_new' }, 'proven');

      held.end('forward');
      const report = await audits.follow(run);

      assert.deepEqual([report.leads, report.differences, report.counts], [2, 0, { ok: 2 }]);
    }),
  );

  it(
    'finds a lead right that is merged between two lists',
    onStage({ ...unlimited, mergedInLists: 'absent' }, async (stage) => {
      const lead = { leadId: 'lead_0', payerId: 'cus_0' };
      await beginLead(stage, lead, 'lead');
      const audits = auditsOf(stage);
      const held = await holdAudit(stage, 'ofBillingList');
      const run = await audits.start();
      await held.arrived;
      await beginLead(stage, lead, 'proven');

      held.end('forward');
      const report = await audits.follow(run);

      assert.deepEqual([report.leads, report.counts], [1, { ok: 1 }]);
    }),
  );

  it(
    'goes on where another worker has stopped, also if Temporal has forgotten a lead since',
    onStage(unlimited, async (stage) => {
      await prove(stage, 5);
      await setDatesByHand(stage, 'lead_3', { lead_created_at: '2016-02-01' });
      const audits = auditsOf(stage);
      const held = await holdAudit(stage, 'ofFirstDoubt');
      const run = await audits.start();
      await held.arrived;
      await forget(stage, 'lead_1');

      held.end('drop-all');
      stage.worker.release();
      await stage.worker.ended;
      stage.worker = await workerOf(stage.config, stage.server);
      const report = await audits.follow(run);

      assert.deepEqual([report.leads, report.counts], [4, { ok: 3, 'dates-differ': 1 }]);
      assert.deepEqual(classesOf(report), { lead_3: 'dates-differ' });
    }),
  );

  it(
    'mends what it has found last, also if it continues as new just then',
    onStage({ ...unlimited, serverKind: 'short-histories' }, async (stage) => {
      await prove(stage, 2);
      await setDatesByHand(stage, 'lead_1', { lead_created_at: '2016-02-01' });
      const audits = auditsOf(stage);
      const held = await holdAudit(stage, 'ofFirstDoubt');
      const run = await audits.start({ fix: true });
      await held.arrived;
      const handle = stage.server.client.workflow.getHandle(auditId(stage.account));
      for (let signals = 0; signals < 70; signals += 1) await handle.signal(expectLeads, 0, '');

      held.end('forward');
      const report = await audits.follow(run);

      assert.notEqual((await handle.describe()).runId, run.runId);
      assert.deepEqual(report.mending, { restarted: 1, mended: 1, failed: 0 });
      assert.equal(report.differences, 0);
    }),
  ).timeout('3 minutes');
});

/** As after the retention of the namespace. */
async function forget({ server: { client }, journeys }: Stage, leadId: string): Promise<void> {
  const { workflowId } = journeys.handle(leadId);
  const { namespace } = client.options;
  await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
  await eventually(async () => {
    for await (const listed of journeys.list({ includeClosed: true })) if (listed.leadId === leadId) return false;
    return (await progressOf(journeys, leadId)) === undefined;
  });
}

describe('an audit of a file', () => {
  const { lead, paid } = adam;
  const told = (payerId?: string, leadCreatedAt: string = lead): Facts => ({
    ...noFacts,
    leadCreatedAt,
    payments: payerId === undefined ? [] : [{ billingCustomerId: payerId, at: paid }],
  });
  const file: Readonly<Record<string, Facts>> = {
    right: told(),
    'not merged': told('cus_0'),
    'other dates': told(),
    missing: told(),
    'payment unknown to the journey': told('cus_1'),
    'earlier than the journey knows': told(undefined, '2016-01-01T00:00:00Z'),
  };

  it(
    'expects its leads too, joins them with journeys, and mends them by journeys',
    onStage(unlimited, async (stage) => {
      const create = (leadId: string, date: string) =>
        call(stage, 'POST', '/v1/customers', {
          ...{ data_source_uuid: stage.sandbox.leadsSourceUuid, external_id: leadId, name: 'x' },
          lead_created_at: date,
        });
      await create('right', lead);
      await create('not merged', lead);
      await create('other dates', '2016-02-01');
      for (const payerId of ['cus_0', 'cus_1']) stage.sandbox.ingest({ external_id: payerId, paid_at: paid });
      for (const leadId of ['payment unknown to the journey', 'earlier than the journey knows', 'no file']) {
        await beginLead(stage, { leadId, payerId: '' }, 'lead');
      }
      const audits = auditsOf(stage);

      const report = await audits.follow(await audits.start({ fix: true, leads: asFile(file) }));
      const again = await audits.follow(await audits.start({ leads: asFile(file) }));

      assert.deepEqual(classesOf(report), {
        'not merged': 'not-merged',
        'other dates': 'dates-differ',
        missing: 'missing',
        'payment unknown to the journey': 'not-merged',
        'earlier than the journey knows': 'dates-differ',
      });
      assert.deepEqual([report.leads, report.counts.ok, report.counts.unknown], [7, 2, undefined]);
      assert.deepEqual(report.mending, { restarted: 4, mended: 4, failed: 0 });
      assert.deepEqual([classesOf(again), again.before], [{ missing: 'missing' }, 1]);
      assert.equal(again.examples[0]?.command, 'customer-journey import FILE');
      assert.equal(recordOf(stage, 'earlier than the journey knows')?.lead_created_at, '2016-01-01T00:00:00.000Z');
      assert.match(String(recordOf(stage, 'not merged')?.external_ids), /cus_0/);
    }),
  ).timeout('3 minutes');
});

function asFile(leads: Readonly<Record<string, Facts>>): AuditLeads {
  const all: readonly FileLead[] = Object.entries(leads);
  const chunks = all.map((one) => packLeads([one]));
  return {
    ...{ count: chunks.length, digest: 'a file' },
    async *all() {
      yield* chunks;
    },
  };
}
