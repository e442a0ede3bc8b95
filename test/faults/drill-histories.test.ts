import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import proto from '@temporalio/proto';
import { isHarmless, taskFailuresOf } from '../../tools/drill/histories.js';
import { testServer } from '../support/temporal-server.js';

const { CommandType, WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

/** The test polls the workflow tasks itself, so that it can send a signal between a task and its completion. */
describe('a failed workflow task', () => {
  it('is harmless only if a signal caused it and a later task handled the signal', async () => {
    const workflow = await startWorkflow();
    const task = await workflow.poll();
    await workflow.signal();
    await assert.rejects(workflow.complete(task), /UnhandledCommand/);
    const unhandled = await workflow.failures();
    await workflow.complete(await workflow.poll());
    const handled = await workflow.failures();

    assert.deepEqual(
      unhandled.map(({ cause, came, handledBy }) => ({ cause, came, handledBy })),
      [{ cause: 'UnhandledCommand', came: ['leadCreated'], handledBy: undefined }],
    );
    assert.deepEqual(unhandled.map(isHarmless), [false]);
    assert.deepEqual(handled.map(isHarmless), [true]);
  });

  it('is not harmless with another cause, even if a signal follows', async () => {
    const workflow = await startWorkflow();
    await workflow.fail(await workflow.poll());
    await workflow.signal();
    await workflow.complete(await workflow.poll());

    assert.deepEqual((await workflow.failures()).map(isHarmless), [false]);
  });
});

async function startWorkflow() {
  const { client, namespace } = await testServer();
  const { workflowService } = client;
  const workflowId = `signalled-${randomUUID()}`;
  const taskQueue = { name: workflowId };
  const handle = await client.workflow.start('withoutWorker', { workflowId, taskQueue: workflowId });
  const complete = {
    commandType: CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
    completeWorkflowExecutionCommandAttributes: {},
  };
  const cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR;
  type Task = Awaited<ReturnType<typeof workflowService.pollWorkflowTaskQueue>>;
  return {
    signal: () => handle.signal('leadCreated'),
    poll: (): Promise<Task> =>
      client.withDeadline(Date.now() + 20_000, () => workflowService.pollWorkflowTaskQueue({ namespace, taskQueue })),
    complete: ({ taskToken }: Task) =>
      workflowService.respondWorkflowTaskCompleted({ namespace, taskToken, commands: [complete] }),
    fail: ({ taskToken }: Task) => workflowService.respondWorkflowTaskFailed({ namespace, taskToken, cause }),
    failures: async () => taskFailuresOf(workflowId, (await handle.fetchHistory()).events ?? []),
  };
}
