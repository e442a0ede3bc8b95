import { randomUUID } from 'node:crypto';
import { isGrpcServiceError, type WorkflowHandle } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import proto from '@temporalio/proto';
import { protoDuration } from './duration.js';

/*
 * Server 1.32 can let the clock of one workflow jump while that workflow waits. The TypeScript SDK has no API for it, so
 * this uses the raw gRPC stubs. The server must be started with `timeSkipping: true`.
 *
 * Skipped at full length: timers and the retry delays of activities. Not skipped: a running activity, a child workflow,
 * and a wait for a signal without a timer (use `fastForward` there). Time skipping would reach a workflow execution
 * timeout, so set none. Each jump writes one event; such histories replay.
 */

type TimeSkippingConfig = proto.temporal.api.common.v1.ITimeSkippingConfig;
const { FastForwardPollingResult } = proto.temporal.api.enums.v1;

export interface SkipTimeOptions {
  /** The number of jumps after which time runs normally again. Default: the server's 200. */
  maxSessionSkipCount?: number;
}

/**
 * Skips every wait of this workflow until it ends, the jumps are used up, or {@link stopSkipping} is called.
 * Does nothing if it has ended already.
 *
 * Use it only if every step eventually succeeds: a step that retries forever uses up all jumps immediately, and months
 * pass. In that case pass `maxSessionSkipCount`, or use {@link fastForward}.
 */
export async function skipTime(handle: WorkflowHandle, options: SkipTimeOptions = {}): Promise<void> {
  try {
    await configure(handle, { enabled: true, ...options });
  } catch (err) {
    if (isGrpcServiceError(err) && err.details === 'workflow execution already completed') return;
    throw err;
  }
}

/**
 * Moves the clock of this workflow forward by a duration, fires all timers on the way, and returns when it is done.
 * Time then runs normally.
 *
 * @param duration with a unit: `'45 days'`
 * @throws Error if the workflow ends first, or uses up its jumps (200, unless `maxSessionSkipCount` allows more)
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

/** Stops time skipping for this workflow. Skipped time stays skipped. */
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
