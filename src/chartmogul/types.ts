import { z } from 'zod';

/** The fields of a ChartMogul customer that are used here, with ChartMogul's names. Unknown fields are dropped. */
export const customerSchema = z.object({
  uuid: z.string(),
  data_source_uuid: z.string(),
  external_id: z.string(),
  /** Parallel to `external_ids`: one item for each source customer merged into this record, in no fixed order. */
  data_source_uuids: z.array(z.string()).optional(),
  external_ids: z.array(z.string()).optional(),
  /** Lead statuses can be set. ChartMogul itself sets `Active`, `Past Due` and `Cancelled`, which mean a subscriber. */
  status: z.string(),
  lead_created_at: z.string().nullish(),
  free_trial_started_at: z.string().nullish(),
  /** By its domain, ChartMogul's automations find duplicates. */
  website_url: z.string().nullish(),
});
export type Customer = z.infer<typeof customerSchema>;

export const customersSchema = z.object({ entries: z.array(customerSchema) });

/** A page of a list, in ChartMogul's order. */
export interface Page<Entry> {
  readonly entries: readonly Entry[];
  /** The cursor of the next page; absent on the last one. */
  readonly next?: string;
}

const pageFields = { cursor: z.string().nullish(), has_more: z.boolean() };
export const customerPageSchema = z.object({ entries: z.array(customerSchema), ...pageFields });

/** The fields of an invoice that are used here. */
const invoiceSchema = z.object({
  customer_uuid: z.string(),
  line_items: z.array(z.object({ type: z.string() })),
});
export type Invoice = z.infer<typeof invoiceSchema>;
export const invoicePageSchema = z.object({ invoices: z.array(invoiceSchema), ...pageFields });

export const dataSourceSchema = z.object({
  uuid: z.string(),
  name: z.string(),
  /** `Stripe`, `Custom`, ... Sources that were created through the API were called `Import API` before 2025. */
  system: z.string().optional(),
});
export type DataSource = z.infer<typeof dataSourceSchema>;
export const dataSourcesSchema = z.object({ data_sources: z.array(dataSourceSchema) });

/** The request to create a customer. Dates in RFC 3339 with `Z`: ChartMogul does not document other time zones. */
export interface NewCustomer {
  readonly data_source_uuid: string;
  readonly external_id: string;
  readonly name: string;
  readonly email?: string;
  readonly company?: string;
  readonly country?: string;
  readonly state?: string;
  readonly city?: string;
  readonly zip?: string;
  readonly lead_created_at?: string;
  readonly free_trial_started_at?: string;
}

/** The two dates of the lead charts. Always sent together: a lone trial date would also set an empty lead date. */
export interface CustomerDates {
  readonly lead_created_at?: string;
  readonly free_trial_started_at?: string;
}

/** A change of the two dates. Null clears a date, as far as ChartMogul supports it. */
export type ChangedDates = { readonly [date in keyof CustomerDates]?: string | null };
