import { z } from 'zod';
import { type Instant, readInstant } from '../../src/domain/journey/instant.js';
import type { StoredCustomer } from './sandbox.js';
import { type PlannedLead, type TrueRecord, trueRecords } from './truth.js';
import type { Passing } from './wire.js';

/** The differences between ChartMogul and the expected records. All lists must be empty. */
export interface Audit {
  /** Leads and payers that are missing from all records. */
  readonly lost: string[];
  /** Leads and payers that are in more than one record, and unknown records. */
  readonly duplicates: string[];
  /** Records with unexpected ids. */
  readonly wrongIds: string[];
  readonly wrongDates: string[];
  /** Records with dates that are neither the true ones nor shown by an attention or a notice of a lead in them. */
  readonly foreignDatesUnsaid: string[];
  /** Records with two billing ids, and merge requests from one payer into another. */
  readonly mergedPayers: string[];
  /** Strangers' records that changed. */
  readonly changedStrangers: string[];
}

interface Evidence {
  readonly leads: readonly PlannedLead[];
  readonly before: readonly StoredCustomer[];
  readonly after: readonly StoredCustomer[];
  readonly requests: readonly Passing[];
  /** By lead: the texts of the attention and the notices that show dates which are not the lead's own. */
  readonly shown: ReadonlyMap<string, string>;
}

/** Compares every ChartMogul record with the expected one. */
export function audit({ leads, before, after, requests, shown }: Evidence): Audit {
  const wanted = trueRecords(leads);
  const holders = new Map<string, StoredCustomer[]>();
  for (const record of after) {
    for (const id of record.external_ids) holders.set(id, [...(holders.get(id) ?? []), record]);
  }
  const pairs = wanted.map((truth) => ({
    truth,
    record: holders.get(truth.ids.find(isLead) ?? truth.ids[0] ?? '')?.[0],
  }));
  const found = pairs.flatMap(({ truth, record }) => (record ? [{ truth, record }] : []));

  const known = new Set(wanted.flatMap(({ ids }) => ids));
  const unknown = after.filter(
    ({ external_ids }) => external_ids.length === 0 || external_ids.some((id) => !known.has(id)),
  );
  const repeated = [...holders].filter(([, records]) => records.length > 1).map(([id]) => id);
  return {
    lost: [...known].filter((id) => !holders.has(id)),
    duplicates: [...repeated, ...unknown.map(({ external_ids }) => external_ids.join(' + '))],
    wrongIds: found
      .filter((pair) => !idsAgree(pair))
      .map(({ truth, record }) => `${idsOf(record)} instead of ${truth.ids.join(' + ')}`),
    wrongDates: found.filter((pair) => !datesAgree(pair)).map(describeDates),
    foreignDatesUnsaid: found.filter((pair) => !isSaid(pair, shown)).map(describeDates),
    mergedPayers: mergedPayers(wanted, after, requests),
    changedStrangers: changed(before, after),
  };
}

function isLead(id: string): boolean {
  return id.startsWith('lead_');
}

function idsOf({ external_ids }: StoredCustomer): string {
  return [...external_ids].sort().join(' + ');
}

const mergeRequest = z.object({ from: z.object({ customer_uuid: z.string() }) });

interface Pair {
  readonly truth: TrueRecord;
  readonly record: StoredCustomer;
}

function idsAgree({ truth, record }: Pair): boolean {
  return idsOf(record) === truth.ids.join(' + ');
}

function datesAgree({ truth, record }: Pair): boolean {
  const { lead, trial } = truth.shown ?? truth;
  return readInstant(record.lead_created_at) === lead && readInstant(record.free_trial_started_at) === trial;
}

/** Whether each date of the record is true, or shown as another one by a lead in the record. */
function isSaid({ truth, record }: Pair, shown: ReadonlyMap<string, string>): boolean {
  const texts = record.external_ids.map((id) => shown.get(id) ?? '');
  const isExplained = (date: string | null, trueDate: Instant | undefined) => {
    const instant = readInstant(date);
    return instant === undefined || instant === trueDate || texts.some((text) => text.includes(instant));
  };
  return isExplained(record.lead_created_at, truth.lead) && isExplained(record.free_trial_started_at, truth.trial);
}

function describeDates({ truth, record }: Pair): string {
  const has = `lead ${record.lead_created_at}, trial ${record.free_trial_started_at}`;
  const { lead = 'none', trial = 'none' } = truth.shown ?? truth;
  return `${truth.ids.join(' + ')}: ${has}; expected lead ${lead}, trial ${trial}`;
}

function mergedPayers(
  wanted: readonly TrueRecord[],
  after: readonly StoredCustomer[],
  requests: readonly Passing[],
): string[] {
  const isBilling = (id: string) => !isLead(id);
  // The operator merges two customers of one lead.
  const merged = new Set(wanted.map(({ ids }) => ids.filter(isBilling).join(' + ')));
  const two = after
    .filter(({ external_ids }) => external_ids.filter(isBilling).length > 1)
    .filter(({ external_ids }) => !merged.has(external_ids.filter(isBilling).sort().join(' + ')))
    .map(idsOf);
  // A payer's record only disappears through a merge request, so the request log shows every such merge.
  const payers = new Set(after.filter(({ external_ids }) => external_ids.some(isBilling)).map(({ uuid }) => uuid));
  const askedFrom = requests
    .filter(({ method, path }) => method === 'POST' && path === '/v1/customers/merges')
    .map(({ body }) => mergeRequest.parse(JSON.parse(body)).from.customer_uuid);
  return [...two, ...askedFrom.filter((uuid) => payers.has(uuid)).map((uuid) => `requested to merge ${uuid} away`)];
}

function changed(before: readonly StoredCustomer[], after: readonly StoredCustomer[]): string[] {
  const now = new Map(after.map((record) => [record.uuid, JSON.stringify(record)]));
  return before
    .filter(({ external_ids }) => external_ids.some((id) => id.includes('stranger')))
    .filter((record) => now.get(record.uuid) !== JSON.stringify(record))
    .map(idsOf);
}
