import { z } from 'zod';
import { customerSchema } from '../../src/chartmogul/types.js';
import { adam } from './adam.js';

/** A record as the sandbox stores it: the source of the charts. */
const storedSchema = customerSchema.extend({
  external_ids: z.array(z.string()),
  data_source_uuids: z.array(z.string()),
  'customer-since': z.string().nullish(),
});
export type StoredRecord = z.infer<typeof storedSchema>;

/** Adam's two records, which are to be merged. */
export interface AdamsRecords {
  readonly lead?: StoredRecord;
  readonly payer?: StoredRecord;
  readonly all: readonly StoredRecord[];
}

interface StoredIn {
  readonly leadsSourceUuid: string;
  readonly billingSourceUuid: string;
  customers(): unknown[];
}

/** Adam's current records in ChartMogul. */
export function adamsRecords(chartMogul: StoredIn): AdamsRecords {
  const stored = z.array(storedSchema).parse(chartMogul.customers());
  const lead = stored.find((record) => holds(record, chartMogul.leadsSourceUuid, adam.leadId));
  const payer = stored.find((record) => holds(record, chartMogul.billingSourceUuid, adam.billingCustomerId));
  const all = stored.filter(
    ({ external_ids: ids }) => ids.includes(adam.leadId) || ids.includes(adam.billingCustomerId),
  );
  return { ...(lead && { lead }), ...(payer && { payer }), all };
}

/** One record, both ids, the true dates: the result the product promises, checked in ChartMogul. */
export function isProven({ lead, payer, all }: AdamsRecords): boolean {
  return all.length === 1 && isMerged({ lead, payer }) && hasDates(lead, adam.leadCreatedAt, adam.trialStartedAt);
}

export function isMerged({ lead, payer }: { lead?: StoredRecord | undefined; payer?: StoredRecord | undefined }) {
  return lead !== undefined && lead.uuid === payer?.uuid;
}

/** Whether a record has the lead date and, where one is given, the trial date. */
export function hasDates(record: StoredRecord | undefined, leadCreatedAt: string, trialStartedAt?: string): boolean {
  return (
    isSame(record?.lead_created_at, leadCreatedAt) &&
    (trialStartedAt === undefined || isSame(record?.free_trial_started_at, trialStartedAt))
  );
}

/** Days from lead to customer, as in the Average Sales Cycle Length chart; undefined without a payment. */
export function salesCycleDays(record: StoredRecord): number | undefined {
  const { lead_created_at: lead, 'customer-since': since } = record;
  return lead && since ? Math.round((Date.parse(since) - Date.parse(lead)) / 86_400_000) : undefined;
}

/** The two arrays are parallel: ChartMogul's reference, "Customers". */
function holds({ external_ids, data_source_uuids }: StoredRecord, sourceUuid: string, externalId: string): boolean {
  return external_ids.some((id, index) => id === externalId && data_source_uuids[index] === sourceUuid);
}

function isSame(stored: string | null | undefined, date: string): boolean {
  return stored !== null && stored !== undefined && Date.parse(stored) === Date.parse(date);
}
