import assert from 'node:assert/strict';
import { connectJourneys, TemporalUnavailableError } from '../../src/starter.js';
import { searchAttributeKeys } from '../../src/workflows/search-attributes.js';
import { startServer } from '../../tools/temporal-server/server.js';

describe('an unavailable Temporal', () => {
  it('is reported as such by every function, and never as a missing worker', async () => {
    const server = await startServer({ port: 0, ui: false, download: false, searchAttributes: searchAttributeKeys });
    const journeys = await connectJourneys({ TEMPORAL_ADDRESS: server.address }, { timeout: '1 second' });
    const occurredAt = '2016-01-05T00:00:00Z';
    await journeys.leadCreated('lead_1', { occurredAt });
    await server.stop();

    await Promise.all(
      [
        () => journeys.leadCreated('lead_1', { occurredAt }),
        () => journeys.retry('lead_1'),
        () => journeys.view('lead_1'),
        () => journeys.close('lead_1', { note: 'a test' }),
        () => journeys.list().next(),
        () => journeys.count(),
      ].map((call) =>
        assert.rejects(
          call,
          (error) => error instanceof TemporalUnavailableError && /it is safe to repeat\.$/.test(error.message),
        ),
      ),
    );
    await journeys.client.connection.close();
  });
});
