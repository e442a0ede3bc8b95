import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sandbox } from '../../packages/chartmogul-sandbox/src/index.js';

/** The number of lines of each kind. `paying` and `existing` count different leads. */
export interface Mix {
  readonly rows: number;
  readonly paying: number;
  /** Leads that already exist in ChartMogul, with a later date; they do not pay. */
  readonly existing: number;
  readonly bad: number;
  readonly repeats: number;
}

export interface MixedLeads {
  readonly csv: string;
  readonly good: number;
  readonly leads: number;
  readonly badLines: readonly number[];
  /** The expected dates of each lead in ChartMogul, and the customer that it is merged with. */
  readonly expected: ReadonlyMap<string, Expected>;
}

export interface Expected {
  readonly leadCreatedAt: string;
  readonly trialStartedAt?: string;
  readonly customer?: string;
}

/** A file with an even mix of all kinds of lines, and its expected result. */
export function mixedLeads({ rows, paying, existing, bad, repeats }: Mix): MixedLeads {
  const lines = ['lead_id,lead_created_at,trial_started_at,billing_customer_id,paid_at,name,email'];
  const expected = new Map<string, Expected>();
  const badLines: number[] = [];
  const isAt = (index: number, many: number) =>
    Math.floor(((index + 1) * many) / rows) > Math.floor((index * many) / rows);
  let lastLine = '';
  for (let index = 0; index < rows; index += 1) {
    if (isAt(index, bad)) {
      badLines.push(lines.length + 1);
      lines.push(badKinds[badLines.length % badKinds.length]?.(index) ?? '');
    } else if (isAt(index + 3, repeats) && lastLine !== '') lines.push(lastLine);
    else {
      const pays = isAt(index + 2, paying); // never where a bad line or an existing lead is
      const leadCreatedAt = day(index % 300, 9);
      const trialStartedAt = index % 3 === 0 ? day((index % 300) + 20, 10) : undefined;
      const customer = pays ? `cus_${index}` : undefined;
      const paidAt = pays ? day((index % 300) + 40, 11) : '';
      const id = !pays && isAt(index + 1, existing) ? `old_${index}` : `lead_${index}`;
      lastLine = `${id},${leadCreatedAt},${trialStartedAt ?? ''},${customer ?? ''},${paidAt},"Lead, ${index}",lead${index}@example.com`;
      lines.push(lastLine);
      expected.set(id, { leadCreatedAt, ...(trialStartedAt && { trialStartedAt }), ...(customer && { customer }) });
    }
  }
  const csv = `${lines.join('\r\n')}\r\n`;
  return { csv, good: rows - badLines.length, leads: expected.size, badLines, expected };
}

const badKinds: readonly ((index: number) => string)[] = [
  (index) => `lead_${index},yesterday,,,,,`,
  (index) => `lead_${index},2016-01-05T00:00:00Z`,
  (index) => `lead_${index},2016-01-05T00:00:00Z,,,,"open,`,
  () => ',2016-01-05T00:00:00Z,,,,,',
  (index) => `lead_${index},2016-02-30T00:00:00Z,,,,,nobody`,
];

/** Adds the payers, and the leads that already exist, to ChartMogul. */
export async function populate(sandbox: Sandbox, apiKey: string, { expected }: MixedLeads): Promise<void> {
  for (const [leadId, { customer }] of expected) {
    if (customer !== undefined) {
      sandbox.ingest({ external_id: customer, name: customer, paid_at: '2018-03-01T00:00:00Z', delayMs: 0 });
    }
    if (leadId.startsWith('old_')) await createLead(sandbox, apiKey, leadId);
  }
}

async function createLead(sandbox: Sandbox, apiKey: string, leadId: string): Promise<void> {
  const answer = () =>
    fetch(`${sandbox.url}/v1/customers`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${apiKey}:`)}`, 'content-type': 'application/json' },
      body: JSON.stringify({ data_source_uuid: sandbox.leadsSourceUuid, external_id: leadId, name: 'Old' }),
    });
  let { status } = await answer();
  while (status === 429) {
    await sleep(25); // the sandbox's limit of 40 a second
    ({ status } = await answer());
  }
  if (status !== 201) throw new Error(`the sandbox answered ${status}`);
}

/** The differences between the records in ChartMogul and the expected ones. */
export function wrongRecords(sandbox: Sandbox, { expected }: MixedLeads): string[] {
  const records = sandbox.customers();
  const byId = new Map<string, Record<string, unknown>[]>();
  for (const record of records) {
    for (const id of idsOf(record)) byId.set(id, [...(byId.get(id) ?? []), record]);
  }
  const wrong: string[] = [];
  for (const [leadId, { leadCreatedAt, trialStartedAt, customer }] of expected) {
    const [record, ...more] = byId.get(leadId) ?? [];
    if (record === undefined || more.length > 0) wrong.push(`${leadId} has ${more.length + (record ? 1 : 0)} records`);
    else {
      const shown = { lead: instant(record.lead_created_at), trial: instant(record.free_trial_started_at) };
      if (shown.lead !== leadCreatedAt || shown.trial !== trialStartedAt)
        wrong.push(`${leadId} has ${JSON.stringify(shown)}`);
      if (customer !== undefined && !idsOf(record).includes(customer))
        wrong.push(`${leadId} is not merged with ${customer}`);
    }
  }
  const wanted = new Set([...expected.keys()]);
  const payers = [...expected.values()].filter(({ customer }) => customer !== undefined).length;
  const left = records.length - wanted.size;
  if (left !== 0) wrong.push(`${records.length} records for ${wanted.size} leads, ${payers} of them merged`);
  return wrong;
}

function idsOf(record: Record<string, unknown>): string[] {
  const ids = record.external_ids ?? [record.external_id];
  return Array.isArray(ids) ? ids.map(String) : [];
}

function instant(value: unknown): string | undefined {
  return typeof value === 'string' ? `${new Date(value).toISOString().slice(0, 19)}Z` : undefined;
}

function day(days: number, hour: number): string {
  return `${new Date(Date.UTC(2017, 0, 1 + days, hour)).toISOString().slice(0, 19)}Z`;
}

/** A folder for one test, with a file in it. */
export async function withFile<T>(content: string | Buffer, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'import-test-'));
  try {
    const path = join(folder, 'leads.csv');
    await writeFile(path, content);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
