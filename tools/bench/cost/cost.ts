import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import proto from '@temporalio/proto';
import { openStage, type Stage } from '../../../test/support/journeys.js';
import { adam } from '../../../test/support/scenarios.js';
import { type Actions, actionsSince, countedActions, totalActions } from '../../temporal-server/metrics.js';
import { historyOfNoMachine } from '../../temporal-server/replay.js';
import type { CostScenario } from './scenarios.js';

/** The cost of one journey, from its first fact to its end. It is the same on every machine. */
export interface Cost {
  /** Requests to ChartMogul's `/v1/customers`. */
  readonly requests: number;
  /** The unit that Temporal Cloud bills. Counted by the server. */
  readonly actions: number;
  readonly workflowTasks: number;
  readonly events: number;
  /** The encoded size of the history. */
  readonly bytes: number;
}

const { EventType } = proto.temporal.api.enums.v1;
/** The events that time skipping adds to a history. */
const timeSkippingEvents = new Set<unknown>([
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED,
]);
const { History } = proto.temporal.api.history.v1;

/** Runs a scenario, while nothing else runs in the namespace of this process. Time skipping is not counted. */
export async function costOf(scenario: CostScenario): Promise<Cost> {
  const stage = await openStage({ ...scenario.knobs });
  try {
    const { metricsUrl, namespace } = stage.server;
    const before = await countedActions(metricsUrl, namespace);
    await scenario.run(stage);
    const counted = actionsSince(before, await countedActions(metricsUrl, namespace));
    const actions = totalActions(withoutQueries(counted));
    return { requests: stage.requests().length, actions, ...(await historyCost(stage)) };
  } finally {
    await stage.close();
  }
}

async function historyCost(stage: Stage): Promise<Pick<Cost, 'workflowTasks' | 'events' | 'bytes'>> {
  const history = await stage.journeys.handle(adam.leadId).fetchHistory();
  const { events } = historyFromJSON(JSON.parse(historyOfNoMachine(history)));
  const own = (events ?? []).filter(({ eventType }) => !timeSkippingEvents.has(eventType));
  const tasks = own.filter(({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED);
  return { workflowTasks: tasks.length, events: own.length, bytes: History.encode({ events: own }).finish().length };
}

/** Excludes the queries with which a scenario waits before it reports the next fact. */
function withoutQueries({ grpc_QueryWorkflow, ...actions }: Actions): Actions {
  return actions;
}
