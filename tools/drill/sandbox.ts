import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { FaultSettings, StripeCustomer } from '../../packages/chartmogul-sandbox/src/index.js';
import { apiKey } from '../../packages/chartmogul-sandbox/src/index.js';
import { ChartMogulClient } from '../../src/chartmogul/client.js';

const customers = z.array(
  z.looseObject({
    uuid: z.string(),
    external_ids: z.array(z.string()),
    data_source_uuids: z.array(z.string()),
    lead_created_at: z.string().nullable(),
    free_trial_started_at: z.string().nullable(),
  }),
);
const faults = z.array(
  z.object({
    id: z.number(),
    route: z.string(),
    status: z.union([z.number(), z.string()]),
    times: z.number(),
    skip: z.number(),
  }),
);
const sources = z.object({ leadsSourceUuid: z.string(), billingSourceUuid: z.string() });

export type StoredCustomer = z.output<typeof customers>[number];
export type PendingFault = z.output<typeof faults>[number];

/**
 * A client of the sandbox, which may be down at any moment: every call is repeated until it is answered. All calls are
 * safe to repeat, except that a fault may be added twice.
 */
export class SandboxControl {
  /** The API, for changes that people make by hand. */
  readonly chartMogul: ChartMogulClient;

  constructor(readonly url: string) {
    this.chartMogul = new ChartMogulClient({ apiKey, url, timeoutMs: 2_000 });
  }

  /** Deletes all data and sets the knobs. */
  async reset(knobs: object): Promise<z.output<typeof sources>> {
    return sources.parse(await this.call('POST', '/reset', knobs));
  }

  async ingest(customer: StripeCustomer): Promise<void> {
    await this.call('POST', '/stripe/customers', customer);
  }

  async addFault(fault: FaultSettings): Promise<void> {
    await this.call('POST', '/faults', fault);
  }

  async faults(): Promise<PendingFault[]> {
    return faults.parse(await this.call('GET', '/faults'));
  }

  async customers(): Promise<StoredCustomer[]> {
    return customers.parse(await this.call('GET', '/customers'));
  }

  /** A person unmerges a lead from its record. Returns when ChartMogul shows it alone. */
  async unmerge(leadId: string, dataSourceUuid: string): Promise<void> {
    for (;;) {
      const record = await this.recordOf(leadId);
      if (record === undefined || record.external_ids.length === 1) return;
      const body = { customer_uuid: record.uuid, data_source_uuid: dataSourceUuid, external_id: leadId };
      await this.byHand('POST', '/v1/customers/unmerges', body);
    }
  }

  /** A person clears the trial date of a lead's record, unless the record holds another lead too. */
  async clearTrial(leadId: string, dataSourceUuid: string): Promise<void> {
    const record = await this.recordOf(leadId);
    const leads = record?.data_source_uuids.filter((uuid) => uuid === dataSourceUuid);
    if (leads?.length === 1) await this.setDates(leadId, { free_trial_started_at: null });
  }

  /** A person sets dates of a lead's record; null clears a date. Returns when ChartMogul has accepted them. */
  async setDates(leadId: string, dates: Readonly<Record<string, string | null>>): Promise<void> {
    for (;;) {
      const record = await this.recordOf(leadId);
      if (record === undefined || (await this.byHand('PATCH', `/v1/customers/${record.uuid}`, dates))) return;
    }
  }

  /** Sends a request without side effects, to use up an unused fault. */
  async touch(route: string): Promise<void> {
    const [method = '', path = ''] = route.replace(/:\w*/, 'unknown').split(' ');
    await this.request(method, path, method === 'GET' ? undefined : {}).catch(() => undefined);
  }

  private async recordOf(externalId: string): Promise<StoredCustomer | undefined> {
    return (await this.customers()).find(({ external_ids }) => external_ids.includes(externalId));
  }

  /** Whether ChartMogul accepted a person's request. If not, the person looks at the record and tries again. */
  private async byHand(method: string, path: string, body: object): Promise<boolean> {
    const isAccepted = await this.request(method, path, body).catch(() => false);
    if (!isAccepted) await sleep(100);
    return isAccepted;
  }

  private async request(method: string, path: string, body?: object): Promise<boolean> {
    const authorization = `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`;
    const answer = await fetch(this.url + path, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(500),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    await answer.arrayBuffer();
    return answer.ok;
  }

  private async call(method: string, path: string, body?: unknown): Promise<unknown> {
    for (;;) {
      try {
        const answer = await fetch(`${this.url}/_sandbox${path}`, {
          method,
          signal: AbortSignal.timeout(5_000),
          ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
        });
        if (answer.status < 300) return await answer.json();
        throw new RefusedBySandboxError(`${method} ${path}: ${answer.status} ${await answer.text()}`);
      } catch (error) {
        if (error instanceof RefusedBySandboxError) throw error;
        await sleep(100); // it was killed and is restarting
      }
    }
  }
}

/** The sandbox rejected a request, which means that the drill has a bug. */
class RefusedBySandboxError extends Error {
  override readonly name = 'RefusedBySandboxError';
}
