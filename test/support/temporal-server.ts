import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';

import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { dataConverter } from '../../src/temporal/data-converter.js';
import { ensureSearchAttributes } from '../../src/temporal/search-attributes.js';
import { searchAttributeKeys } from '../../src/workflows/search-attributes.js';
import { protoDuration } from '../../tools/temporal-server/duration.js';
import type { EmbeddedServer } from '../../tools/temporal-server/server.js';
import { type ServerKind, shared } from './shared.js';

/** The test run's Temporal server, with a namespace that only this process uses. */
export interface TestServer extends Pick<EmbeddedServer, 'address' | 'namespace' | 'metricsUrl'> {
  readonly client: Client;
  readonly connection: Connection;
  /** For the workers of tests. */
  readonly nativeConnection: NativeConnection;
  /** The environment that connects a process to the server and the namespace. */
  readonly env: { readonly TEMPORAL_ADDRESS: string; readonly TEMPORAL_NAMESPACE: string };
}

// Once per process, before any worker. Otherwise each worker would log its states between the test names, and stop at
// Ctrl-C: the running test would wait for it until its timeout.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'ERROR' } },
  shutdownSignals: [],
});

const connected = new Map<ServerKind, Promise<TestServer>>();
const others: Promise<TestServer>[] = [];

/**
 * The Temporal server of a test run, in memory and with time skipping. There is one server per kind, started on the
 * first call, so unit tests do not need one. The namespace separates the workers of parallel test processes. If the
 * binary is missing, the error contains the command that downloads it.
 */
export function testServer(kind: ServerKind = 'usual'): Promise<TestServer> {
  const server = connected.get(kind) ?? connect(kind);
  connected.set(kind, server);
  return server;
}

/** Closes the connections of this process. Open connections would keep it alive. */
export async function disconnect(): Promise<void> {
  for (const connecting of [...connected.values(), ...others.splice(0)]) {
    const server = await connecting.catch(() => undefined);
    await server?.connection.close();
    await server?.nativeConnection.close();
  }
  connected.clear();
}

/** The test run's server, with a namespace that only the caller uses. */
export function ownNamespace(): Promise<TestServer> {
  const server = connect('usual');
  others.push(server);
  return server;
}

async function connect(kind: ServerKind): Promise<TestServer> {
  const { address, metricsUrl } = JSON.parse(await shared(kind));
  const namespace = `test-${randomUUID().slice(0, 8)}`;
  const connection = await Connection.connect({ address });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: protoDuration('1 day'),
  });
  await ensureSearchAttributes(connection, namespace, searchAttributeKeys);
  return {
    address,
    metricsUrl,
    namespace,
    client: new Client({ connection, namespace, dataConverter: dataConverter() }),
    connection,
    nativeConnection: await NativeConnection.connect({ address }),
    env: { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace },
  };
}
