import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import { Journeys } from '../../src/starter.js';
import { TemporalConfigError } from '../../src/temporal/errors.js';
import { type EmbeddedServer, startServer } from '../../tools/temporal-server/server.js';

describe('a Temporal namespace without our search attributes', () => {
  let server: EmbeddedServer;
  let connection: Connection;
  before(async () => {
    server = await startServer({ port: 0, ui: false, download: false });
    connection = await Connection.connect({ address: server.address });
  });
  after(async () => {
    await connection.close();
    await server.stop();
  });

  it('fails every report with an error that says what to do', async () => {
    const journeys = new Journeys({ client: new Client({ connection }) });

    const report = journeys.leadCreated('lead_1', { occurredAt: '2016-01-05T00:00:00Z' });

    await assert.rejects(
      report,
      (error: Error) => error instanceof TemporalConfigError && /Start a worker once/.test(error.message),
    );
  });
});
