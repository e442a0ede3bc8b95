import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import proto from '@temporalio/proto';
import { clockMoved, isHarmless, taskFailuresOf } from '../../tools/drill/histories.js';
import { skipTime } from '../../tools/temporal-server/time-skipping.js';
import { type TestServer, testServer } from '../support/temporal-server.js';

const { CommandType, WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

/**
 * A workflow whose worker is this test: it takes the workflow tasks itself, so that a signal can come in the very moment in
 * which the workflow ends.
 */
describe('a signal that comes while its workflow is ending', () => {
  let server: TestServer;
  before(async () => {
    server = await testServer();
  });

  it('fails the workflow task, and is harmless once another one has taken the signal in', async () => {
    const workflow = await started(server);
    const ending = await workflow.task();
    await workflow.signal('leadCreated');
    await assert.rejects(workflow.end(ending), /UnhandledCommand/);
    const unhandled = await workflow.failures();
    await workflow.end(await workflow.task());
    const handled = await workflow.failures();

    assert.deepEqual(
      unhandled.map(({ cause, came, handledBy }) => ({ cause, came, handledBy })),
      [{ cause: 'UnhandledCommand', came: ['leadCreated'], handledBy: undefined }],
    );
    assert.deepEqual(unhandled.map(isHarmless), [false]);
    assert.deepEqual(handled.map(isHarmless), [true]);
    assert.ok((handled[0]?.handledBy ?? 0) > (handled[0]?.eventId ?? 0));
  });

  it('is distinguished from a time skip by the drill while a journey is ending', async () => {
    const workflow = await started(server);
    const ending = await workflow.task();
    await workflow.moveClock();
    await assert.rejects(workflow.end(ending), /UnhandledCommand/);
    await workflow.end(await workflow.task());

    const failures = await workflow.failures();

    assert.deepEqual(
      failures.map(({ came }) => came),
      [[clockMoved]],
    );
    assert.deepEqual(failures.map(isHarmless), [true]);
  });

  it('is not confused with a bug', async () => {
    const workflow = await started(server);
    await workflow.fail(await workflow.task());
    await workflow.signal('leadCreated');
    await workflow.end(await workflow.task());

    const failures = await workflow.failures();

    assert.deepEqual(failures.map(isHarmless), [false]);
  });
});

async function started({ client, namespace }: TestServer) {
  const { workflowService } = client;
  const workflowId = `signalled-${randomUUID()}`;
  const taskQueue = workflowId;
  const handle = await client.workflow.start('anything', { workflowId, taskQueue });
  type Task = Awaited<ReturnType<typeof workflowService.pollWorkflowTaskQueue>>;
  return {
    task: (): Promise<Task> =>
      client.withDeadline(Date.now() + 20_000, () =>
        workflowService.pollWorkflowTaskQueue({ namespace, taskQueue: { name: taskQueue } }),
      ),
    signal: (name: string) => handle.signal(name),
    moveClock: () => skipTime(handle, { maxSessionSkipCount: 1 }),
    end: ({ taskToken }: Task) =>
      workflowService.respondWorkflowTaskCompleted({
        namespace,
        taskToken,
        commands: [
          {
            commandType: CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
            completeWorkflowExecutionCommandAttributes: {},
          },
        ],
      }),
    fail: ({ taskToken }: Task) =>
      workflowService.respondWorkflowTaskFailed({
        namespace,
        taskToken,
        cause: WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR,
      }),
    async failures() {
      const { events } = await handle.fetchHistory();
      return taskFailuresOf(workflowId, events ?? []);
    },
  };
}
