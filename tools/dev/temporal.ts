import { starterConfig } from '../../src/runtime/config.js';
import { connectClient } from '../../src/temporal/connect.js';
import { ensureSearchAttributes } from '../../src/temporal/search-attributes.js';
import { type TemporalTarget, temporalConfig } from '../../src/temporal/settings.js';
import { searchAttributeKeys } from '../../src/workflows/search-attributes.js';
import { startServer } from '../temporal-server/server.js';

export interface OpenTemporalOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly dbFilename: string;
  readonly ports: { readonly temporal: number; readonly ui: number };
}

/** The Temporal of a stack: embedded here, or the cluster that `TEMPORAL_ADDRESS` names. */
export interface Temporal {
  readonly isEmbedded: boolean;
  readonly address: string;
  readonly namespace: string;
  /** The URL of its Web UI, if known. */
  readonly uiUrl?: string;
  /** The account under which the journeys run. */
  readonly account: string;
  /** The connection options. */
  readonly target: TemporalTarget;
  /** Rejects if the embedded server exits unexpectedly. */
  readonly broken: Promise<never>;
  close(): Promise<void>;
}

/** Starts or connects to Temporal, and registers the search attributes. */
export async function openTemporal(options: OpenTemporalOptions): Promise<Temporal> {
  return options.env.TEMPORAL_ADDRESS ? openCluster(options.env) : openEmbedded(options);
}

async function openEmbedded({ env, dbFilename, ports }: OpenTemporalOptions): Promise<Temporal> {
  const server = await startServer({
    dbFilename,
    port: ports.temporal,
    uiPort: ports.ui,
    timeSkipping: true,
    searchAttributes: searchAttributeKeys,
    env,
  });
  const { address, namespace, uiUrl } = server;
  return {
    isEmbedded: true,
    address,
    namespace,
    ...(uiUrl !== undefined && { uiUrl }),
    account: starterConfig(env).account,
    // A key or certificates for another Temporal do not apply to this one.
    target: { address, namespace, env: withoutTemporal(env) },
    broken: endedUnasked('The Temporal server', server.ended),
    close: server.stop,
  };
}

/**
 * A cluster may have real journeys. A separate account ensures that only our worker gets this journey's tasks, and that
 * it gets no others.
 */
async function openCluster(env: NodeJS.ProcessEnv): Promise<Temporal> {
  const { connectionOptions, namespace } = temporalConfig({ env });
  const { connection } = await connectClient({ env });
  await ensureSearchAttributes(connection, namespace, searchAttributeKeys).finally(() => connection.close());
  const { uiUrl, account } = starterConfig({ ...env, JOURNEY_ACCOUNT: env.JOURNEY_ACCOUNT || 'demo' });
  return {
    isEmbedded: false,
    address: connectionOptions.address,
    namespace,
    ...(uiUrl !== undefined && { uiUrl }),
    account,
    target: { env },
    broken: new Promise(() => undefined),
    close: async () => undefined,
  };
}

/** A part of the stack exited unexpectedly. */
export class PartEndedError extends Error {
  override readonly name = 'PartEndedError';
}

/** A promise that rejects when a part has exited. */
export function endedUnasked(part: string, ended: Promise<unknown>): Promise<never> {
  const broken = ended.then((): never => {
    throw new PartEndedError(`${part} exited unexpectedly, so everything was stopped.`);
  });
  broken.catch(() => undefined);
  return broken;
}

function withoutTemporal(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}
