import assert from 'node:assert/strict';
import { after, before } from 'mocha';
import {
  type Exchange,
  type KnobSettings,
  type Sandbox,
  startSandbox,
} from '../../packages/chartmogul-sandbox/src/index.js';
import { Probe, type ProbeOptions } from '../../src/probe/probe.js';
import { quick } from '../sandbox/sandboxed.js';

/** Merges take a moment, so that a probe has to look twice. */
export const probed = { ...quick, mergeDelayMs: 5 } as const;

/** A sandbox with other people's sources and customers, which a probe must not touch. */
export class Probed {
  private running: Sandbox | undefined;
  private exchanges: Exchange[] = [];

  constructor() {
    before(async () => {
      this.running = await startSandbox({ ...probed, onRequest: (exchange) => void this.exchanges.push(exchange) });
    });
    after(() => this.running?.close());
  }

  get sandbox(): Sandbox {
    assert.ok(this.running);
    return this.running;
  }

  /** Resets the sandbox, and adds what belongs to others. */
  async start(knobs: KnobSettings = {}): Promise<void> {
    this.sandbox.reset(knobs);
    this.sandbox.ingest({ external_id: 'cus_1', delayMs: 0, paid_at: '2021-02-25' });
    // Looks like a probe's, but is of another system.
    const decoy = await this.post('/v1/data_sources', {
      name: 'customer-journey probe 0badc0de leads',
      system: 'Stripe',
    });
    await this.addCustomer(this.sandbox.leadsSourceUuid, 'lead_1');
    await this.addCustomer(decoy.uuid, 'customer-journey-probe-0badc0de-lead');
    this.exchanges = [];
  }

  probe(options: Partial<ProbeOptions> = {}): Probe {
    return new Probe({
      chartMogul: { apiKey: 'sandbox-key', url: this.sandbox.url },
      requestsPerSecond: 100_000,
      pause: async (_, signal) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        signal?.throwIfAborted();
      },
      ...options,
    });
  }

  async addCustomer(data_source_uuid: string, external_id: string): Promise<{ uuid: string }> {
    return this.post('/v1/customers', { data_source_uuid, external_id, name: 'Adam Smith' });
  }

  async merge(from: string, into: string): Promise<void> {
    await this.post('/v1/customers/merges', { from: { customer_uuid: from }, into: { customer_uuid: into } });
  }

  /** Everything in the account, to compare it. */
  async account(): Promise<unknown> {
    const { data_sources } = (await this.ask('GET', '/v1/data_sources')) as { data_sources: unknown[] };
    return { sources: data_sources, customers: this.sandbox.customers() };
  }

  async sourceNames(): Promise<string[]> {
    const { data_sources } = (await this.ask('GET', '/v1/data_sources')) as { data_sources: { name: string }[] };
    return data_sources.map(({ name }) => name);
  }

  /** Requests of the probe since the start that are not reads. */
  writes(): Exchange[] {
    return this.exchanges.filter(({ method }) => method !== 'GET');
  }

  /** Every uuid and external id in a write belongs to the probe, or to nobody. */
  assertWritesOnlyItsOwn(others: unknown): void {
    const foreign = new Set(JSON.stringify(others).match(/(?:cus|ds)_[0-9a-f-]{36}|"(?:cus_1|lead_1)"/g));
    assert.ok(foreign.size >= 6);
    // The sandbox does not read the body of a request that a fault answers.
    const writes = this.writes().filter(({ method, requestBody }) => method === 'DELETE' || requestBody !== undefined);
    for (const { method, path, requestBody } of writes) {
      const request = `${method} ${path} ${JSON.stringify(requestBody)}`;
      for (const id of foreign) assert.ok(!request.includes(id), `${request} has ${id}`);
    }
    const sources = writes.filter(({ method, path }) => method === 'POST' && path === '/v1/data_sources');
    for (const { requestBody } of sources) {
      assert.match((requestBody as { name: string }).name, /^customer-journey probe [0-9a-f]{8} (leads|billing)$/);
    }
    const creations = writes.filter(({ method, path }) => method === 'POST' && path === '/v1/customers');
    for (const { requestBody } of creations) {
      assert.match((requestBody as { external_id: string }).external_id, /^customer-journey-probe-[0-9a-f]{8}-/);
    }
  }

  private async post(path: string, body: object): Promise<{ uuid: string }> {
    return (await this.ask('POST', path, body)) as { uuid: string };
  }

  private async ask(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await fetch(`${this.sandbox.url}${path}`, {
      method,
      headers: { authorization: `Basic ${btoa('sandbox-key:')}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return answer.json();
  }
}
