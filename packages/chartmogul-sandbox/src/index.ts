import { Account, type SourceUuids } from './account.js';
import {
  addFault,
  type FaultSettings,
  queueIngestion,
  readFault,
  readStripeCustomer,
  type StripeCustomer,
  storedCustomers,
} from './control.js';
import type { KnobSettings } from './knobs.js';
import type { Exchange, LoggedRequest } from './request-log.js';
import { createServer } from './server.js';
import { Upkeep } from './upkeep.js';
import { Webhooks } from './webhook.js';

export { apiKey, readOnlyApiKey } from './access.js';
export type { SourceUuids } from './account.js';
export type { FaultSettings, StripeCustomer } from './control.js';
export { DataFileError } from './journal.js';
export { KnobError, type KnobSettings, type Knobs } from './knobs.js';
export type { Exchange, LoggedRequest } from './request-log.js';

/** What a sandbox is started with: the knobs, and these. */
export interface SandboxOptions extends KnobSettings {
  /** On 127.0.0.1; 0 or absent: any that is free. */
  readonly port?: number;
  /** Keep everything in this file, across restarts. */
  readonly data?: string;
  /** Called with every request of the API once its answer is sent or its connection is gone. */
  readonly onRequest?: (exchange: Exchange) => void;
}

/** A running sandbox. The methods do what the control API does, without HTTP. */
export interface Sandbox extends SourceUuids {
  /** E.g. `http://127.0.0.1:4010`, without `/v1`. */
  readonly url: string;
  readonly port: number;
  /** Empties everything and turns knobs; `leadsSourceUuid` and `billingSourceUuid` are new afterwards. */
  reset(knobs?: KnobSettings): SourceUuids;
  /** Has the billing integration take in a customer. */
  ingest(customer: StripeCustomer): void;
  /** Lets the next calls of a route fail. */
  fault(fault: FaultSettings): void;
  /** The calls of the API since the last reset. */
  requests(): readonly LoggedRequest[];
  /** Every record as stored, merges included. */
  customers(): Record<string, unknown>[];
  /** Ends at once: open connections are cut. */
  close(): Promise<void>;
}

/**
 * Starts a ChartMogul that runs here.
 *
 * @throws KnobError for a knob that does not exist, DataFileError for a data file that is none; the system's error if
 * the port is taken
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, data, onRequest, ...knobs } = options;
  const account = new Account(knobs);
  const upkeep = new Upkeep(account, data);
  const webhooks = new Webhooks();
  account.onNewBusiness = (customer) => webhooks.reportNewBusiness(customer, account.knobs);
  account.onReset = () => webhooks.forget();
  const server = createServer({ account, commit: () => upkeep.commit(), onRequest });
  const close = async (): Promise<void> => {
    webhooks.forget();
    await server.close();
    upkeep.stop();
  };
  try {
    const url = await server.listen({ host: '127.0.0.1', port });
    upkeep.settle(); // the data file is written only now: whoever has the port has the file
    return Object.assign(handles(account, upkeep), { url, port: Number(new URL(url).port), close });
  } catch (error) {
    await close();
    throw error;
  }
}

/** What a program that imports the sandbox does with it. Each call ends with what is due and what is to be written. */
function handles(account: Account, upkeep: Upkeep): Omit<Sandbox, 'url' | 'port' | 'close'> {
  const settled = <T>(result: T): T => {
    upkeep.settle();
    return result;
  };
  return {
    get leadsSourceUuid() {
      return account.sourceUuids().leadsSourceUuid;
    },
    get billingSourceUuid() {
      return account.sourceUuids().billingSourceUuid;
    },
    reset: (settings = {}) => settled(account.reset(settings)),
    ingest: (customer) => settled(queueIngestion(account, readStripeCustomer(customer))),
    fault: (settings) => settled(void addFault(account, readFault(settings))),
    requests: () => account.log.all(),
    customers: () => {
      upkeep.settle();
      return storedCustomers(account);
    },
  };
}
