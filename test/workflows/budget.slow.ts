import assert from 'node:assert/strict';
import { budget, costScenarioNames, overBudget } from '../../tools/bench/cost/budget.js';
import { costOf } from '../../tools/bench/cost/cost.js';
import { costScenarios } from '../../tools/bench/cost/scenarios.js';

describe('journey cost', () => {
  for (const name of costScenarioNames) {
    const { requests, actions, events } = budget[name];
    it(`uses at most ${requests} requests, ${actions} Actions and ${events} events: ${name}`, async () => {
      // On a busy machine a workflow task can be split in two. This adds events and sometimes an Action, so repeat.
      let excess: string[] = [];
      for (let tries = 0; tries === 0 || (excess.length > 0 && tries < 8); tries += 1) {
        excess = overBudget(budget[name], await costOf(costScenarios[name]));
      }

      assert.deepEqual(excess, []);
    }).timeout('5 minutes'); // ends a hang only
  }

  it('lists each figure over budget', () => {
    const allowed = budget.smooth;

    assert.deepEqual(overBudget(allowed, { ...allowed, actions: allowed.actions + 1, events: allowed.events - 1 }), [
      `${allowed.actions + 1} actions, budget ${allowed.actions}`,
    ]);
  });
});
