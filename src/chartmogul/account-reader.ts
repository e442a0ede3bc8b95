import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Call, ChartMogulClient } from './client.js';
import { ChartMogulError } from './errors.js';

const accountSchema = z.object({
  name: z.string(),
  currency: z.string(),
  time_zone: z.string(),
  week_start_on: z.string().nullish(),
});
export type ChartMogulAccount = z.infer<typeof accountSchema>;

const newBusinessSchema = z.object({
  entries: z.array(
    z
      .object({
        date: z.string(),
        'customer-uuid': z.string(),
        'customer-external-id': z.string(),
        'billing-connector-uuid': z.string(),
      })
      .transform((entry) => ({
        date: entry.date,
        customerUuid: entry['customer-uuid'],
        externalId: entry['customer-external-id'],
        dataSourceUuid: entry['billing-connector-uuid'],
      })),
  ),
});
/** The first subscription of a customer. */
export type NewBusiness = z.infer<typeof newBusinessSchema>['entries'][number];

const invoicesSchema = z.object({
  invoices: z.array(z.object({ line_items: z.array(z.object({ type: z.string() })).default([]) })),
});

/** No record has this id. */
const nobody = 'cus_00000000-0000-0000-0000-000000000000';

/** Before further attempts after a 429 or 503: the workers may use all of the rate. */
const pausesMs = [1_000, 2_000];

/** What only the doctor asks ChartMogul. Reads never take names or e-mail addresses out of an answer. */
export class AccountReader extends ChartMogulClient {
  async retrieveAccount(signal?: AbortSignal): Promise<ChartMogulAccount> {
    return this.call({ operation: 'retrieveAccount', method: 'GET', path: '/v1/account' }, accountSchema, signal);
  }

  /** The newest 200 first subscriptions of the account, newest first. The order is as in ChartMogul's own n8n node. */
  async listNewBusiness(signal?: AbortSignal): Promise<NewBusiness[]> {
    const query = { type: 'new_biz', order: '-date', per_page: '200' };
    const call = { operation: 'listNewBusiness', method: 'GET', path: '/v1/activities', query } as const;
    return (await this.call(call, newBusinessSchema, signal)).entries;
  }

  /** The types of the line items in the customer's first invoices: `subscription`, `one_time`, `trial`. */
  async lineItemTypes(customerUuid: string, signal?: AbortSignal): Promise<Set<string>> {
    const path = `/v1/import/customers/${encodeURIComponent(customerUuid)}/invoices`;
    const { invoices } = await this.call(
      { operation: 'listInvoicesOfCustomer', method: 'GET', path },
      invoicesSchema,
      signal,
    );
    return new Set(invoices.flatMap((invoice) => invoice.line_items.map(({ type }) => type)));
  }

  /**
   * Whether the key may write. Sends a change that cannot change anything, for two reasons: no record has this id, and the
   * change has no field. A read-only key is refused; any other key gets "not found". What ChartMogul checks first is not
   * documented: if it were the id, a read-only key would pass.
   *
   * @throws ChartMogulError if ChartMogul does not answer
   */
  async mayWrite(signal?: AbortSignal): Promise<boolean> {
    try {
      await this.send({ operation: 'tryToWrite', method: 'PATCH', path: `/v1/customers/${nobody}`, body: {} }, signal);
      return true;
    } catch (error) {
      if (!(error instanceof ChartMogulError)) throw error;
      if (error.kind === 'unauthorized') return false;
      if (error.kind === 'not-found' || error.kind === 'refused') return true;
      throw error;
    }
  }

  protected override call<Schema extends z.ZodType>(call: Call, schema: Schema, signal: AbortSignal | undefined) {
    return patiently(() => super.call(call, schema, signal), signal);
  }

  protected override send(call: Call, signal: AbortSignal | undefined) {
    return patiently(() => super.send(call, signal), signal);
  }
}

async function patiently<T>(request: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  for (const ms of pausesMs) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof ChartMogulError && error.kind === 'rate-limited')) throw error;
      await sleep(ms, undefined, { signal });
    }
  }
  return request();
}
