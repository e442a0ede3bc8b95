import assert from 'node:assert/strict';
import { searchAttributeKeys } from '../../src/workflows/search-attributes.js';
import { startServer } from '../../tools/temporal-server/server.js';
import { eventually } from '../support/eventually.js';
import { assertProblem, openGateway, readiness } from './gateways.js';

const event = { type: 'lead.created', lead_id: 'lead_1', occurred_at: '2016-01-05T00:00:00Z' };

describe('the gateway operations without Temporal', () => {
  it('report that Temporal is unavailable; applications get 503 until Temporal is back', async () => {
    const server = await startServer({ port: 0, ui: false, searchAttributes: searchAttributeKeys });
    const { address } = server;
    const gateway = await openGateway({ account: 'away', address });
    try {
      const noWorker = await fetch(`${gateway.operationsUrl}/readyz`);
      assert.deepEqual(
        [noWorker.status, await noWorker.json()],
        [503, { status: 'not ready', reasons: ['no worker polls customer-journey or chartmogul/away'] }],
      );

      await server.stop();
      const answers = await Promise.all([
        gateway.ask('POST', '/v1/events', event),
        gateway.ask('POST', '/v1/events/batch', { events: [event] }),
      ]);
      await eventually(async () => (await readiness(gateway)).reason === 'Temporal does not respond');

      for (const answer of answers) {
        assertProblem(answer, 503, 'temporal-unavailable');
        assert.equal(answer.headers.get('retry-after'), '5');
        assert.doesNotMatch(answer.body.detail, /127\.0\.0\.1/, 'the response does not contain the Temporal address');
      }

      const back = await startServer({
        port: Number(address.split(':')[1]),
        ui: false,
        searchAttributes: searchAttributeKeys,
      });
      try {
        assert.equal((await gateway.ask('POST', '/v1/events', event)).status, 202);
      } finally {
        await back.stop();
      }
    } finally {
      await gateway.close();
      await server.stop();
    }
  });
});
