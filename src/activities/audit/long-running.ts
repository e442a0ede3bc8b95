import { heartbeat } from '@temporalio/activity';
import { milliseconds } from '../../domain/duration.js';
import { heartbeatInterval } from '../../workflows/policy.js';
import type { ActivityName } from '../failures.js';
import { askingTemporal } from '../journeys.js';

/** Runs a part of an audit, which makes many requests to ChartMogul and calls to Temporal, with heartbeats. */
export async function longRunning<T>(activity: ActivityName, part: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => heartbeat(), milliseconds(heartbeatInterval));
  return askingTemporal(activity, part).finally(() => clearInterval(timer));
}
