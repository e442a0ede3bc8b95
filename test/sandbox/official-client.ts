import { createRequire } from 'node:module';

// chartmogul-node 3.12.3 comes without types: these are the parts that the tests use, as its README has them.

export interface Config {
  retries?: number;
}

type Call<Answer> = (config: Config, ...args: (string | object)[]) => Promise<Answer>;

export interface CustomerAnswer {
  id: number;
  uuid: string;
  external_id: string;
  external_ids: string[];
  data_source_uuid: string;
  data_source_uuids: string[];
  name: string;
  email: string;
  company: string;
  status: string;
  country: string | null;
  state: string | null;
  address: { country: string | null; state: string | null; city: string | null; address_zip: string | null };
  lead_created_at: string | null;
  free_trial_started_at: string | null;
  'customer-since': string | null;
  attributes: { tags: string[]; custom: Record<string, unknown>; stripe: object };
  mrr: number;
  arr: number;
  owner: string | null;
  website_url: string | null;
}

export interface List<Entry> {
  entries: Entry[];
  cursor: string | null;
  has_more: boolean;
}

export interface DataSourceAnswer {
  uuid: string;
  name: string;
  system: string;
  status: string;
  created_at: string;
}

export interface ContactAnswer {
  uuid: string;
  customer_uuid: string | null;
  customer_external_id: string;
  position: number;
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  notes: string | null;
  external_id?: string | null;
}

interface OfficialClient {
  Config: new (apiKey: string, apiBase: string) => Config;
  Ping: { ping: Call<{ data: string }> };
  Account: { retrieve: Call<Record<string, unknown>> };
  DataSource: {
    create: Call<DataSourceAnswer>;
    all: Call<{ data_sources: DataSourceAnswer[] }>;
    retrieve: Call<DataSourceAnswer & Record<string, unknown>>;
    destroy: Call<object>;
  };
  Customer: {
    create: Call<CustomerAnswer>;
    retrieve: Call<CustomerAnswer>;
    all: Call<List<CustomerAnswer>>;
    search: Call<List<CustomerAnswer>>;
    modify: Call<CustomerAnswer>;
    destroy: Call<object>;
    merge: Call<object>;
    unmerge: Call<object>;
    attributes: Call<CustomerAnswer['attributes']>;
    contacts: Call<List<ContactAnswer>>;
    createContact: Call<ContactAnswer>;
  };
  Tag: { add: Call<{ tags: string[] } & List<CustomerAnswer>>; remove: Call<{ tags: string[] }> };
  CustomAttribute: {
    add: Call<{ custom: object } & List<CustomerAnswer>>;
    update: Call<{ custom: object }>;
    remove: Call<object>;
  };
  Contact: {
    create: Call<ContactAnswer>;
    all: Call<List<ContactAnswer>>;
    retrieve: Call<ContactAnswer>;
    modify: Call<ContactAnswer>;
    destroy: Call<object>;
    merge: Call<ContactAnswer>;
  };
  Plan: { create: Call<{ uuid: string }> };
  Invoice: {
    create: Call<{ invoices: Record<string, unknown>[] }>;
    all: Call<{ customer_uuid: string; invoices: Record<string, unknown>[] }>;
    allAny: Call<{ invoices: { customer_uuid: string; line_items: { type: string }[] }[]; has_more: boolean }>;
  };
}

/** ChartMogul's published client for Node. */
export const ChartMogul = createRequire(import.meta.url)('chartmogul-node') as OfficialClient; // untyped CommonJS

/** The client for a sandbox, without retries, which would hide answers. */
export function configFor(url: string, apiKey = 'sandbox-key'): Config {
  const config = new ChartMogul.Config(apiKey, url);
  config.retries = 0;
  return config;
}

/** The status and body of a rejected call; fails if the call succeeds. */
export async function refusalOf(call: Promise<unknown>): Promise<{ status: number; body: unknown }> {
  try {
    await call;
  } catch (error) {
    const { status, response } = error as { status?: number; response?: { body: unknown } }; // an error of superagent
    if (status === undefined) throw error;
    return { status, body: response?.body };
  }
  throw new Error('the call was not refused');
}
