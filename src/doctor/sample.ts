import pLimit from 'p-limit';
import type { AccountReader } from '../chartmogul/account-reader.js';
import { ChartMogulError } from '../chartmogul/errors.js';
import type { Customer } from '../chartmogul/types.js';
import { qualifiedId } from '../domain/billing/source.js';
import type { AccountFacts } from './chartmogul.js';

/** How many recent payers are looked at. Each costs up to four requests. */
const mostPayers = 10;
/** Pages of 200 leads. The list begins with the oldest. */
const mostPages = 3;
const requestsAtOnce = 4;

/** A record of a recent payer. */
export interface Payer {
  readonly record: Customer;
  /** The id under which journeys know the customer. */
  readonly billingCustomerId: string;
  /** The id in ChartMogul. */
  readonly externalId: string;
  /** Whether the record holds a lead of the leads source. */
  readonly hasLead: boolean;
}

/** The records that the data checks look at. */
export interface Sample {
  /** The customers of the billing sources with the newest first subscriptions. */
  readonly payers: readonly Payer[];
  /** The first records with a lead, and whether there are more. */
  readonly leads: readonly Customer[];
  readonly hasMoreLeads: boolean;
}

/** Reads the sample, with up to 13 requests. @throws ChartMogulError */
export async function takeSample(facts: AccountFacts, signal: AbortSignal): Promise<Sample> {
  const [payers, listed] = await Promise.all([payersOf(facts, signal), leadsOf(facts, signal)]);
  return { payers, ...listed };
}

async function payersOf({ reader, leads, billing, newBusiness }: AccountFacts, signal: AbortSignal): Promise<Payer[]> {
  const aliases = new Map(billing.map(([alias, { uuid }]) => [uuid, alias]));
  const seen = new Map(
    newBusiness.filter(({ dataSourceUuid }) => aliases.has(dataSourceUuid)).map((one) => [one.customerUuid, one]),
  );
  const limit = pLimit(requestsAtOnce);
  const payers = [...seen.values()].slice(0, mostPayers).map((one) =>
    limit(async () => {
      const record = await found(() => reader.retrieveCustomer(one.customerUuid, signal));
      if (record === undefined) return [];
      const billingCustomerId = qualifiedId(aliases.get(one.dataSourceUuid), one.externalId);
      const hasLead = leads !== undefined && idsOf(record, leads.uuid).length > 0;
      return [{ record, billingCustomerId, externalId: one.externalId, hasLead }];
    }),
  );
  return (await Promise.all(payers)).flat();
}

async function leadsOf({ reader, leads: source }: AccountFacts, signal: AbortSignal) {
  const leads: Customer[] = [];
  let cursor: string | undefined;
  for (let page = 0; source !== undefined && page < mostPages; page += 1) {
    const { entries, next } = await reader.listCustomers(source.uuid, { cursor }, signal);
    leads.push(...entries);
    cursor = next;
    if (next === undefined) break;
  }
  return { leads, hasMoreLeads: cursor !== undefined };
}

/** The ids that a record has in one source. */
export function idsOf(record: Customer, dataSourceUuid: string): string[] {
  const { data_source_uuids: sources = [record.data_source_uuid], external_ids: ids = [record.external_id] } = record;
  return ids.filter((_, index) => sources[index] === dataSourceUuid);
}

/** The payers of which ChartMogul has the lead as a second record. @param leadIdsOf the leads that journeys know for a payer */
export async function twice(
  payers: readonly Payer[],
  { reader, leadsSource }: { readonly reader: AccountReader; readonly leadsSource: string },
  leadIdsOf: (payer: Payer) => Promise<readonly string[]>,
  signal: AbortSignal,
): Promise<Payer[]> {
  const limit = pLimit(requestsAtOnce);
  const looked = payers.map((payer) =>
    limit(async () => {
      // An application may use one id for both.
      const ids = new Set([...(await leadIdsOf(payer)), payer.externalId]);
      for (const id of ids) {
        const records = await reader.findCustomers(leadsSource, id, signal);
        if (records.some(({ uuid }) => uuid !== payer.record.uuid)) return [payer];
      }
      return [];
    }),
  );
  return (await Promise.all(looked)).flat();
}

/** How many payers have a trial line item. Undefined if ChartMogul shows no invoices of any of them. */
export async function withTrialItem(payers: readonly Payer[], reader: AccountReader, signal: AbortSignal) {
  const limit = pLimit(requestsAtOnce);
  const types = await Promise.all(
    payers.map(({ record }) => limit(() => found(() => reader.lineItemTypes(record.uuid, signal)))),
  );
  if (types.every((known) => known === undefined)) return undefined;
  return types.filter((known) => known?.has('trial')).length;
}

/** Undefined if there is no such record: it was merged or deleted since. */
async function found<T>(request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof ChartMogulError && (error.kind === 'not-found' || error.kind === 'refused')) return undefined;
    throw error;
  }
}
