import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import proto from '@temporalio/proto';
import { protoDuration } from './duration.js';

/*
 * Server 1.32 can let the clock of one workflow jump while that workflow waits. The TypeScript SDK has no API for it, so
 * this speaks to the raw stubs. The server must have been started with `timeSkipping: true`.
 *
 * What is skipped: timers and the pauses between the attempts of an activity, all at their real length. What is not: a
 * running activity, a child, and a wait for a signal with no timer beside it (there `fastForward` moves the clock). A
 * workflow execution timeout would be skipped to, so set none. Each jump writes one event; such histories replay.
 */

type TimeSkippingConfig = proto.temporal.api.common.v1.ITimeSkippingConfig;
const { FastForwardPollingResult } = proto.temporal.api.enums.v1;

export interface SkipTimeOptions {
  /** The number of jumps after which time runs as usual again. Default: the server's 200. */
  maxSessionSkipCount?: number;
}

/**
 * From now on no wait of this workflow takes real time, until it ends, or the jumps are used up, or
 * {@link stopSkipping}.
 *
 * Only where every step succeeds in the end: a step that is tried for ever uses up all jumps at once, and months go by.
 * There give `maxSessionSkipCount`, or use {@link fastForward}.
 */
export async function skipTime(handle: WorkflowHandle, options: SkipTimeOptions = {}): Promise<void> {
  await configure(handle, { enabled: true, ...options });
}

/**
 * Moves the clock of this workflow by a duration, firing what falls due on the way, and returns when it got there. After
 * that time runs as usual.
 *
 * @param duration with a unit: `'45 days'`
 * @throws Error if the workflow ends before that, or uses up its jumps (200, unless `maxSessionSkipCount` allows more)
 */
export async function fastForward(handle: WorkflowHandle, duration: Duration, options: SkipTimeOptions = {}) {
  const id = randomUUID();
  await configure(handle, { enabled: true, fastForwardConfig: { id, duration: protoDuration(duration) }, ...options });
  for (;;) {
    const poll = await handle.client.workflowService.pollWorkflowExecutionTimeSkipping({
      namespace: handle.client.options.namespace,
      workflowExecution: { workflowId: handle.workflowId },
      fastForwardId: id,
    });
    switch (poll.fastForwardPollingResult) {
      case FastForwardPollingResult.FAST_FORWARD_POLLING_RESULT_FAST_FORWARD_COMPLETED:
        return;
      case FastForwardPollingResult.FAST_FORWARD_POLLING_RESULT_POLL_TIMEOUT:
        continue;
      default:
        throw new Error(`${handle.workflowId} cannot be forwarded by ${duration}: ${poll.failedReason}`);
    }
  }
}

/** From now on time runs as usual for this workflow. What was skipped stays skipped. */
export async function stopSkipping(handle: WorkflowHandle): Promise<void> {
  await configure(handle, { enabled: false });
}

async function configure(handle: WorkflowHandle, timeSkippingConfig: TimeSkippingConfig): Promise<void> {
  await handle.client.workflowService.updateWorkflowExecutionOptions({
    namespace: handle.client.options.namespace,
    workflowExecution: { workflowId: handle.workflowId },
    workflowExecutionOptions: { timeSkippingConfig },
    updateMask: { paths: ['time_skipping_config'] },
  });
}
