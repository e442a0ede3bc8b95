import assert from 'node:assert/strict';
import { type Actions, actionsSince, countedActions, totalActions } from '../../src/temporal/server-metrics.js';
import { onStage } from '../support/journeys.js';
import { adam, scenarios } from '../support/scenarios.js';

describe('what a journey costs', () => {
  it(
    'is 5 requests, 11 Actions and 47 events when all is smooth',
    onStage(scenarios.smooth.knobs, async (stage) => {
      const before = await countedActions(stage.server.metricsUrl);
      await scenarios.smooth.run(stage);
      const actions = withoutQuestions(actionsSince(before, await countedActions(stage.server.metricsUrl)));
      const { events } = await stage.journeys.handle(adam.leadId).fetchHistory();

      assert.equal(stage.requests().length, 5);
      assert.equal(totalActions(actions), 11, JSON.stringify(actions));
      assert.equal(events?.length, 47);
    }),
  );

  it(
    'is one request, one Action and six events more when the dates are put back',
    onStage({}, async (stage) => {
      const before = await countedActions(stage.server.metricsUrl);
      await scenarios['dates-put-back'].run(stage);
      const actions = withoutQuestions(actionsSince(before, await countedActions(stage.server.metricsUrl)));
      const { events } = await stage.journeys.handle(adam.leadId).fetchHistory();

      assert.equal(stage.requests().length, 6);
      assert.equal(totalActions(actions), 12, JSON.stringify(actions));
      assert.equal(events?.length, 53);
    }),
  );
});

/** Queries are how the test knows when to report the next fact; an application reports without asking. */
function withoutQuestions({ grpc_QueryWorkflow, ...actions }: Actions): Actions {
  return actions;
}
