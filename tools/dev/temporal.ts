import { starterConfig } from '../../src/runtime/config.js';
import { connectClient, type TemporalTarget, temporalConfig } from '../../src/temporal/connect.js';
import { ensureSearchAttributes } from '../../src/temporal/search-attributes.js';
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
  /** Where its Web UI is, if that is known. */
  readonly uiUrl?: string;
  /** The account under which the journeys run. */
  readonly account: string;
  /** How to connect to it. */
  readonly target: TemporalTarget;
  /** Rejects if the embedded server ends unasked. */
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
    // A key or certificates for some other Temporal are not meant for this one.
    target: { address, namespace, env: withoutTemporal(env) },
    broken: endedUnasked('The Temporal server', server.ended),
    close: server.stop,
  };
}

/**
 * A cluster may have real journeys: under an account of its own, the requests of this one reach no worker but ours, and
 * ours gets no others.
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

/** A part of the stack ended unasked. */
export class PartEndedError extends Error {
  override readonly name = 'PartEndedError';
}

/** A promise that rejects when a part has ended, for whoever still needs it by then. */
export function endedUnasked(part: string, ended: Promise<unknown>): Promise<never> {
  const broken = ended.then((): never => {
    throw new PartEndedError(`${part} has ended, and with it all the rest.`);
  });
  broken.catch(() => undefined);
  return broken;
}

function withoutTemporal(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}
