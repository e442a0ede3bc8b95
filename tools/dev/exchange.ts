import type { Exchange } from '../../packages/chartmogul-sandbox/src/index.js';
import { type Customer, customerSchema, customersSchema } from '../../src/chartmogul/types.js';
import { adam } from './adam.js';

/** One request to ChartMogul and its answer, as text for one line. */
export interface ExchangeLine {
  readonly method: string;
  readonly path: string;
  /** The data that was sent or requested. */
  readonly asked: string;
  readonly status: string;
  readonly answer: string;
}

export function describeExchange(exchange: Exchange): ExchangeLine {
  const { method, path, status } = exchange;
  return {
    method,
    path: shortened(path),
    asked: describeRequest(exchange),
    status: status === 0 ? '---' : String(status),
    answer: describeAnswer(exchange),
  };
}

/** Whether this request looks up the paying customer. */
export function isLookupOfPayer({ method, path, query }: Exchange): boolean {
  return method === 'GET' && path === '/v1/customers' && wantedId(query) === adam.billingCustomerId;
}

export function day(date: string | null | undefined): string {
  return date ? date.slice(0, 10) : 'none';
}

/** Shortens uuids to their first characters, so that they fit the line. */
export function shortened(text: string): string {
  return text.replace(/(cus_[0-9a-f]{4})[0-9a-f]{4}-[0-9a-f-]{27}/g, '$1…');
}

function describeRequest({ method, path, query, requestBody }: Exchange): string {
  if (method === 'GET') return wantedId(query) ?? '';
  const body = asObject(requestBody);
  if (path.endsWith('/merges')) return shortened(`${uuidIn(body.from)} into ${uuidIn(body.into)}`);
  return datesOf({ lead: body.lead_created_at, trial: body.free_trial_started_at });
}

function describeAnswer({ method, path, status, responseBody }: Exchange): string {
  if (path.endsWith('/merges')) return status === 202 ? 'accepted, not done yet' : 'refused';
  const list = customersSchema.safeParse(responseBody);
  if (list.success) return list.data.entries[0] ? `found ${describeRecord(list.data.entries[0])}` : 'not there yet';
  const record = customerSchema.safeParse(responseBody);
  if (!record.success) return status === 422 ? 'exists already' : 'no';
  if (method === 'POST') return `made ${describeRecord(record.data)}`;
  if (method === 'PATCH') return describeDates(record.data);
  if (!record.data.external_ids?.includes(adam.leadId)) return 'not merged yet';
  const hasTrueDate = day(record.data.lead_created_at) === day(adam.leadCreatedAt);
  return `merged, ${hasTrueDate ? 'with' : 'but with'} lead ${day(record.data.lead_created_at)}`;
}

function describeRecord(record: Customer): string {
  return `${shortened(record.uuid)}: ${describeDates(record)}`;
}

function describeDates(record: Customer): string {
  return datesOf({ lead: record.lead_created_at, trial: record.free_trial_started_at });
}

function datesOf({ lead, trial }: { lead: unknown; trial: unknown }): string {
  return [
    ...(typeof lead === 'string' ? [`lead ${day(lead)}`] : []),
    ...(typeof trial === 'string' ? [`trial ${day(trial)}`] : []),
  ].join(', ');
}

function wantedId(query: string): string | undefined {
  return new URLSearchParams(query).get('external_id') ?? undefined;
}

function uuidIn(side: unknown): string {
  return String(asObject(side).customer_uuid);
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
