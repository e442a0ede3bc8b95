import type { SandboxControl } from './sandbox.js';
import type { PlannedLead } from './truth.js';

/** Creates the records that exist before the journeys: imported leads, and leads merged with a stranger. */
export async function prepare(sandbox: SandboxControl, leads: readonly PlannedLead[]): Promise<void> {
  const { chartMogul } = sandbox;
  const leadsSource = (await chartMogul.listDataSources()).find(({ name }) => name === 'Leads');
  if (!leadsSource) throw new Error('the sandbox has no data source for leads');
  for (const { leadId, importedAt, stranger } of leads) {
    if (importedAt === undefined) continue;
    const lead = await chartMogul.createCustomer({
      data_source_uuid: leadsSource.uuid,
      external_id: leadId,
      name: leadId,
      lead_created_at: importedAt,
    });
    if (!stranger) continue;
    const { externalId, paidAt, trialStartedAt } = stranger;
    await sandbox.ingest({ external_id: externalId, paid_at: paidAt, trial_started_at: trialStartedAt, delayMs: 0 });
    const record = (await sandbox.customers()).find(({ external_ids }) => external_ids.includes(externalId));
    if (!record) throw new Error('the sandbox did not import a customer');
    await chartMogul.mergeCustomers(lead.uuid, record.uuid);
    // A merge takes effect after some reads.
    while (!(await chartMogul.retrieveCustomer(record.uuid)).external_ids?.includes(leadId));
  }
}
