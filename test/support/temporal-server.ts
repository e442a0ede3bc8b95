import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { dataConverter } from '../../src/temporal/data-converter.js';
import { searchAttributeKeys } from '../../src/workflows/search-attributes.js';
import { type EmbeddedServer, startServer } from '../../tools/temporal-server/server.js';

export interface TestServer extends EmbeddedServer {
  readonly client: Client;
  readonly connection: Connection;
  /** For the workers of tests. */
  readonly nativeConnection: NativeConnection;
}

// Once a process, before any worker: otherwise each one would report its states between the names of the tests.
Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'ERROR' } } });

/** `short` servers suggest to continue as new after a few events, so that a test need not send thousands of signals. */
type Histories = 'usual' | 'short';
const running = new Map<Histories, Promise<TestServer>>();

/**
 * The one Temporal server of a test run, in memory and with time skipping; a second one if a test asks for short
 * histories. Started when the first test asks, so tests of pure rules need none; ended by {@link mochaGlobalTeardown}.
 * Without a binary it fails with the command that gets it.
 */
export function testServer(histories: Histories = 'usual'): Promise<TestServer> {
  const server = running.get(histories) ?? start(histories);
  running.set(histories, server);
  return server;
}

/** Mocha calls this when the run is over; name this file under `require` in .mocharc.json. */
export async function mochaGlobalTeardown(): Promise<void> {
  for (const starting of running.values()) {
    const server = await starting.catch(() => undefined);
    await server?.stop();
  }
}

async function start(histories: Histories): Promise<TestServer> {
  const server = await startServer({
    port: 0,
    ui: false,
    timeSkipping: true,
    download: false,
    searchAttributes: searchAttributeKeys,
    ...(histories === 'short' && { dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': 60 } }),
  });
  const connection = await Connection.connect({ address: server.address });
  const nativeConnection = await NativeConnection.connect({ address: server.address });
  return {
    ...server,
    client: new Client({ connection, dataConverter: dataConverter() }),
    connection,
    nativeConnection,
    async stop() {
      await connection.close();
      await nativeConnection.close();
      await server.stop();
    },
  };
}
