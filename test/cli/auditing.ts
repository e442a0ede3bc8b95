import { noFacts } from '../../src/domain/journey/facts.js';
import { packLeads } from '../../src/journeys/audit-file.js';
import { type AuditLeads, Audits } from '../../src/journeys/audits.js';
import { auditId } from '../../src/workflows/audit-messages.js';
import { call } from '../support/by-hand.js';
import { eventually } from '../support/eventually.js';
import { patience, type Stage, until } from '../support/journeys.js';
import { run } from './terminal-stand-in.js';

export const leadDate = '2016-01-05T00:00:00Z';
export const trialDate = '2016-02-10T05:15:10Z';
export const paidAt = '2016-02-25T00:00:00Z';

/** `audit --last`, once Temporal's index has the audit. */
export function lastOf(stage: Stage, workflowId = auditId(stage.account)) {
  const { env } = stage;
  return eventually(async () => {
    const { exitCode, stdout } = await run(['audit', '--last', '--json'], { env });
    if (exitCode !== 0 || JSON.parse(stdout).workflowId !== workflowId) return undefined;
    return run(['audit', '--last'], { env });
  });
}

/** Waits until Temporal's index has an audit that left so many differences. */
export function untilLast(stage: Stage, differences: number): Promise<unknown> {
  return eventually(async () => {
    const { stdout } = await run(['audit', '--last', '--json'], { env: stage.env });
    return stdout !== '' && JSON.parse(stdout).differences === differences;
  });
}

/** Leads whose journeys wait for a payment, as Temporal's index shows them. */
export async function known(stage: Stage, leadIds: readonly string[]): Promise<void> {
  for (const leadId of leadIds) await stage.journeys.leadCreated(leadId, { occurredAt: leadDate });
  for (const leadId of leadIds) {
    await until(stage, leadId, ({ customerUuid, doing }) => customerUuid !== undefined && doing.startsWith('waiting'));
  }
  await eventually(async () => (await stage.journeys.count({ stage: 'lead' })) === leadIds.length);
}

export async function proven(stage: Stage, leadId: string): Promise<void> {
  stage.sandbox.ingest({ external_id: `cus_${leadId}`, trial_started_at: trialDate, paid_at: paidAt });
  await stage.journeys.reported(leadId, {
    leadCreated: { occurredAt: leadDate },
    trialStarted: { occurredAt: trialDate },
    paymentSucceeded: { occurredAt: paidAt, billingCustomerId: `cus_${leadId}` },
  });
  await stage.journeys.handle(leadId).result();
  await eventually(async () => (await stage.journeys.count({ stage: 'proven', includeClosed: true })) === 1);
}

/** A record that nobody reported. */
export async function unreported(stage: Stage, externalId: string): Promise<void> {
  const body = { data_source_uuid: stage.sandbox.leadsSourceUuid, external_id: externalId, name: 'x' };
  await call(stage, 'POST', '/v1/customers', body);
}

export function auditsOf({ server, account }: Stage): Audits {
  return new Audits({ client: server.client, account, timeout: patience, workerTimeout: patience });
}

/** A file of leads that have no record, one in each chunk. */
export function leadsOf(count: number): AuditLeads & { readonly chunks: readonly string[] } {
  const chunks = Array.from({ length: count }, (_, at) =>
    packLeads([[`lead_${at}`, { ...noFacts, leadCreatedAt: leadDate }]]),
  );
  return {
    ...{ count, chunks, digest: `${count} leads` },
    async *all() {
      yield* chunks;
    },
  };
}
