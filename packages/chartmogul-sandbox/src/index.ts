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

/** Options of `startSandbox`, including the knobs. */
export interface SandboxOptions extends KnobSettings {
  /** Default: 0, any free port. */
  readonly port?: number;
  /** Default: 127.0.0.1. Everybody who reaches it has access: its API key is public. */
  readonly host?: string;
  /** File that keeps all data across restarts. */
  readonly data?: string;
  /** Called for every API request once its answer is sent or its connection is closed. */
  readonly onRequest?: (exchange: Exchange) => void;
}

/** A running sandbox. The methods match the control API, without HTTP. */
export interface Sandbox extends SourceUuids {
  /** E.g. `http://127.0.0.1:4010`, without `/v1`. */
  readonly url: string;
  readonly port: number;
  /** Deletes all data and sets knobs; `leadsSourceUuid` and `billingSourceUuid` change. */
  reset(knobs?: KnobSettings): SourceUuids;
  /** Makes the billing integration import a customer. */
  ingest(customer: StripeCustomer): void;
  /** Makes the next calls of a route fail. */
  fault(fault: FaultSettings): void;
  /** The API calls since the last reset. */
  requests(): readonly LoggedRequest[];
  /** Every record as stored, merges included. */
  customers(): Record<string, unknown>[];
  /** Stops immediately and closes open connections. */
  close(): Promise<void>;
}

/**
 * Starts a local ChartMogul.
 *
 * @throws KnobError for an unknown or invalid knob, DataFileError for an invalid data file, the system's error if the
 * port is in use
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, host = '127.0.0.1', data, onRequest, ...knobs } = options;
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
    const url = await server.listen({ host, port });
    upkeep.settle(); // the data file is written only now: the sandbox that owns the port owns the file
    return Object.assign(handles(account, upkeep), { url, port: Number(new URL(url).port), close });
  } catch (error) {
    await close();
    throw error;
  }
}

/** The methods of `Sandbox`. Each call also runs the jobs that are due and writes the data file. */
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
