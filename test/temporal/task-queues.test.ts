import assert from 'node:assert/strict';
import { taskQueueState } from '../../src/temporal/task-queues.js';
import { eventually } from '../support/eventually.js';
import { onStage } from '../support/journeys.js';
import { ownNamespace } from '../support/temporal-server.js';

const journeys = { name: 'customer-journey', kind: 'workflow' } as const;

describe('the state of a task queue', () => {
  it('shows no worker in a queue that nobody has polled', async () => {
    const { client } = await ownNamespace();

    const { connection, options } = client;
    const state = await taskQueueState(connection, options.namespace, { name: "nobody's", kind: 'activity' });

    assert.deepEqual(state, { pollers: [], waiting: 0, current: undefined, ramping: undefined, isRamping: false });
  });

  it(
    'shows that a worker has stopped, and that one with the same identity polls again',
    onStage({ namespace: 'own' }, async ({ server: { client }, worker }) => {
      const isPolled = async () =>
        (await taskQueueState(client.connection, client.options.namespace, journeys)).pollers.length > 0;
      await eventually(isPolled);

      await worker.pauseJourneys();
      // A poll that the server received with the stop counts for a moment longer.
      await eventually(async () => !(await isPolled()));
      await worker.resumeJourneys();

      await eventually(isPolled);
    }),
  );
});
