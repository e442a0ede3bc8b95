import { type Exchange, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { SandboxControl } from '../drill/sandbox.js';
import { eventually } from './waiting.js';

export { apiKey } from '../../packages/chartmogul-sandbox/src/index.js';

/** Merges take effect at the second read, and the survivor keeps the payer's dates: the worst known behaviour. */
const knobs = { latencyMs: 40, mergeAfterReads: 2, mergeDelayMs: 0, mergeDates: 'primary_wins' } as const;

/** A request to ChartMogul. */
export interface Request {
  /** When its headers arrived, as from `Date.now()`. */
  readonly at: number;
  readonly status: number;
  /** The lead, if the request created its record. */
  readonly created?: string;
}

/** The sandbox, with the requests since the last reset. */
export class ClusterSandbox {
  requests: Request[] = [];
  private control = new SandboxControl('');
  private close: () => Promise<void> = async () => undefined;

  static async start(): Promise<ClusterSandbox> {
    const sandbox = new ClusterSandbox();
    const started = await startSandbox({ ...knobs, onRequest: (exchange) => sandbox.requests.push(read(exchange)) });
    sandbox.control = new SandboxControl(started.url);
    sandbox.close = () => started.close();
    return sandbox;
  }

  get url(): string {
    return this.control.url;
  }

  async reset(): Promise<void> {
    await this.control.reset(knobs);
    this.requests = [];
  }

  ingest(...customer: Parameters<SandboxControl['ingest']>) {
    return this.control.ingest(...customer);
  }

  customers() {
    return this.control.customers();
  }

  /** Waits until a lead has a record, at most a minute. */
  async hasRecord(leadId: string): Promise<boolean> {
    return await eventually(async () => {
      const records = await this.customers();
      if (!records.some(({ external_ids }) => external_ids.includes(leadId))) throw new Error('no record');
      return true;
    }).catch(() => false);
  }

  async stop(): Promise<void> {
    await this.close();
  }
}

function read({ method, path, at, status, requestBody }: Exchange): Request {
  const isCreation = method === 'POST' && path === '/v1/customers' && status < 300;
  const request = { at: Date.parse(at), status };
  return isCreation ? { ...request, created: (requestBody as { external_id: string }).external_id } : request; // checked by the sandbox
}
