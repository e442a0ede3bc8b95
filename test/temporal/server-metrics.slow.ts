import assert from 'node:assert/strict';
import { actionsSince, countedActions, totalActions } from '../../tools/temporal-server/metrics.js';
import { skipTime } from '../../tools/temporal-server/time-skipping.js';
import { testServer } from '../support/temporal-server.js';
import { withWorkflow } from './fixtures/worker.js';

describe("the server's Action count", () => {
  it('includes the workflow start and each activity attempt, but not time skipping', async () => {
    const { metricsUrl, namespace } = await testServer();
    const before = await countedActions(metricsUrl, namespace);

    await withWorkflow('knockUntilAnswered', { answeredAt: 3 }, async (handle) => {
      await skipTime(handle);
      await handle.result();
    });

    const actions = actionsSince(before, await countedActions(metricsUrl, namespace));
    assert.deepEqual(actions, { grpc_StartWorkflowExecution: 1, command_ScheduleActivityTask: 1, activity_retry: 2 });
    assert.equal(totalActions(actions), 4);
  });
});
