import type { Client, WorkflowHandle } from '@temporalio/client';
import type { StripeSweep, StripeSweepResult } from '../../src/workflows/sweep-messages.js';
import { stripeSweepId } from '../../src/workflows/sweep-messages.js';
import { trigger } from './schedules.js';

type StripeSweepWorkflow = (sweep: StripeSweep) => Promise<StripeSweepResult>;

/** Starts a sweep as the schedule does, and returns it once it is started. */
export function triggerSweep(client: Client, account: string): Promise<WorkflowHandle<StripeSweepWorkflow>> {
  return trigger(client, stripeSweepId(account));
}
