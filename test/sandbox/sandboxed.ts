import { after, before, beforeEach } from 'mocha';
import {
  type KnobSettings,
  type Sandbox,
  type SandboxOptions,
  startSandbox,
} from '../../packages/chartmogul-sandbox/src/index.js';
import { ChartMogul, type Config, type CustomerAnswer, configFor } from './official-client.js';

/** Knobs without delays and limits, for most tests. */
export const quick = { rateLimitPerSecond: 0, maxParallel: 0, ingestDelayMs: 0, mergeDelayMs: 0 } as const;

/** A sandbox for the tests of one file, reset before each test. */
export class Sandboxed {
  #sandbox: Sandbox | undefined;
  #config: Config | undefined;

  constructor(options: SandboxOptions = {}) {
    before(async () => {
      this.#sandbox = await startSandbox({ ...quick, ...options });
      this.#config = configFor(this.#sandbox.url);
    });
    beforeEach(() => void this.sandbox.reset());
    after(() => this.#sandbox?.close());
  }

  get sandbox(): Sandbox {
    if (!this.#sandbox) throw new Error('the sandbox is not started yet');
    return this.#sandbox;
  }

  get config(): Config {
    if (!this.#config) throw new Error('the sandbox is not started yet');
    return this.#config;
  }

  turn(knobs: KnobSettings): void {
    this.sandbox.reset(knobs);
  }

  /** A customer in the source "Leads". */
  lead(externalId: string, fields: object = {}): Promise<CustomerAnswer> {
    const ids = { data_source_uuid: this.sandbox.leadsSourceUuid, external_id: externalId };
    return ChartMogul.Customer.create(this.config, { ...ids, name: 'Adam Smith', ...fields });
  }

  /** A customer that the billing integration has imported. */
  async payer(
    externalId: string,
    fields: { paid_at?: string; trial_started_at?: string } = {},
  ): Promise<CustomerAnswer> {
    this.sandbox.ingest({ external_id: externalId, delayMs: 0, ...fields });
    const [found] = await this.find(this.sandbox.billingSourceUuid, externalId);
    if (!found) throw new Error(`the payer ${externalId} is not there`);
    return found;
  }

  async find(dataSourceUuid: string, externalId: string): Promise<CustomerAnswer[]> {
    const query = { data_source_uuid: dataSourceUuid, external_id: externalId };
    return (await ChartMogul.Customer.all(this.config, query)).entries;
  }

  /** Requests a merge; with `quick` it takes effect before the next request. */
  merge(from: { uuid: string }, into: { uuid: string }): Promise<object> {
    const [source, target] = [{ customer_uuid: from.uuid }, { customer_uuid: into.uuid }];
    return ChartMogul.Customer.merge(this.config, { from: source, into: target });
  }

  unmerge(from: { uuid: string }, dataSourceUuid: string, externalId: string): Promise<object> {
    const ids = { customer_uuid: from.uuid, data_source_uuid: dataSourceUuid, external_id: externalId };
    return ChartMogul.Customer.unmerge(this.config, { ...ids, move_to_new_customer: [] });
  }

  retrieve(uuid: string): Promise<CustomerAnswer> {
    return ChartMogul.Customer.retrieve(this.config, uuid);
  }

  /** A raw request, for input that no client would send. */
  async raw(method: string, path: string, options: RawOptions = {}): Promise<RawAnswer> {
    const { body, key = 'sandbox-key', headers = {} } = options;
    const authorization = `Basic ${Buffer.from(`${key}:`).toString('base64')}`;
    const answer = await fetch(`${this.sandbox.url}${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, json: () => JSON.parse(text) };
  }
}

interface RawOptions {
  body?: unknown;
  key?: string;
  headers?: Record<string, string>;
}

interface RawAnswer {
  status: number;
  headers: Headers;
  text: string;
  json(): unknown;
}
