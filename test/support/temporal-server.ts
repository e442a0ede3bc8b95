import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { dataConverter } from '../../src/temporal/data-converter.js';
import { type EmbeddedServer, startServer } from '../../src/temporal/server.js';

export interface TestServer extends EmbeddedServer {
  readonly client: Client;
  readonly connection: Connection;
  /** For the workers of tests. */
  readonly nativeConnection: NativeConnection;
}

// Once a process, before any worker: otherwise each one would report its states between the names of the tests.
Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'ERROR' } } });

let running: Promise<TestServer> | undefined;

/**
 * The one Temporal server of a test run, in memory and with time skipping. Started when the first test asks, so tests of
 * pure rules need none; ended by {@link mochaGlobalTeardown}. Without a binary it fails with the command that gets it.
 */
export function testServer(): Promise<TestServer> {
  running ??= start();
  return running;
}

/** Mocha calls this when the run is over; name this file under `require` in .mocharc.json. */
export async function mochaGlobalTeardown(): Promise<void> {
  const server = await running?.catch(() => undefined);
  await server?.stop();
}

async function start(): Promise<TestServer> {
  const server = await startServer({ port: 0, ui: false, timeSkipping: true, build: false });
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
