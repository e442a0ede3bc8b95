import { activityInfo } from '@temporalio/activity';

/** Temporal's own, for tasks without one. */
const defaultPriority = 3;

/** The priority of the activity that is running, 1 to 5; 1 for a request that no activity makes. */
export function requestPriority(): number {
  try {
    return activityInfo().priority?.priorityKey ?? defaultPriority;
  } catch {
    return 1; // outside of an activity
  }
}
