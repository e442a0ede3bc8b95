import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import proto from '@temporalio/proto';
import { openStage, type Stage } from '../../../test/support/journeys.js';
import { adam } from '../../../test/support/scenarios.js';
import { type Actions, countedActions, totalActions } from '../../temporal-server/metrics.js';
import { historyOfNoMachine } from '../../temporal-server/replay.js';
import type { CostScenario } from './scenarios.js';

/** What one journey costs, from its first report to its end. The same on every machine. */
export interface Cost {
  /** To ChartMogul, under `/v1/customers`. */
  readonly requests: number;
  /** The unit that Temporal Cloud bills, counted by the server. */
  readonly actions: number;
  readonly workflowTasks: number;
  readonly events: number;
  /** Of the history, as the server stores it. */
  readonly bytes: number;
}

const { EventType } = proto.temporal.api.enums.v1;
/** Switching time skipping on, and each jump. */
const ofTimeSkipping = new Set<unknown>([
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED,
]);
const { History } = proto.temporal.api.history.v1;

/** Runs a scenario in its own namespace on the run's server. Time skipping is not counted. */
export async function costOf(scenario: CostScenario): Promise<Cost> {
  const stage = await openStage({ ...scenario.knobs, namespace: 'own' });
  try {
    await scenario.run(stage);
    const { metricsUrl, namespace } = stage.server;
    const actions = totalActions(withoutQuestions(await countedActions(metricsUrl, namespace)));
    return { requests: stage.requests().length, actions, ...(await historyCost(stage)) };
  } finally {
    await stage.close();
  }
}

async function historyCost(stage: Stage): Promise<Pick<Cost, 'workflowTasks' | 'events' | 'bytes'>> {
  const history = await stage.journeys.handle(adam.leadId).fetchHistory();
  const { events } = historyFromJSON(JSON.parse(historyOfNoMachine(history)));
  const own = (events ?? []).filter(({ eventType }) => !ofTimeSkipping.has(eventType));
  const tasks = own.filter(({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED);
  return { workflowTasks: tasks.length, events: own.length, bytes: History.encode({ events: own }).finish().length };
}

/** A scenario uses queries to know when to report the next fact; an application does not query. */
function withoutQuestions({ grpc_QueryWorkflow, ...actions }: Actions): Actions {
  return actions;
}
