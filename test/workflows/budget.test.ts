import assert from 'node:assert/strict';
import pLimit from 'p-limit';
import { budget, costScenarioNames, overBudget } from '../../tools/bench/cost/budget.js';
import { type Cost, costOf } from '../../tools/bench/cost/cost.js';
import { costScenarios } from '../../tools/bench/cost/scenarios.js';

describe('journey cost', () => {
  const costs = new Map<string, Promise<Cost>>();
  // The scenarios run in parallel, because the server updates its Action counter after some seconds.
  before(async function () {
    this.timeout('5 minutes'); // ends a hang only: on a busy machine, the scenarios take minutes
    const limit = pLimit(6);
    for (const name of costScenarioNames) {
      const cost = limit(() => costOf(costScenarios[name]));
      cost.catch(() => undefined); // reported by the scenario's test
      costs.set(name, cost);
    }
    await Promise.allSettled(costs.values());
  });

  for (const name of costScenarioNames) {
    const { requests, actions, events } = budget[name];
    it(`uses at most ${requests} requests, ${actions} Actions and ${events} events: ${name}`, async () => {
      // On a busy machine a workflow task can be split in two. This adds events and sometimes an Action, so repeat.
      const cost = await costs.get(name);
      assert.ok(cost);
      let excess = overBudget(budget[name], cost);
      for (let repeats = 0; excess.length > 0 && repeats < 3; repeats += 1) {
        excess = overBudget(budget[name], await costOf(costScenarios[name]));
      }

      assert.deepEqual(excess, []);
    });
  }

  it('lists each figure over budget', () => {
    const allowed = budget.smooth;

    assert.deepEqual(overBudget(allowed, { ...allowed, actions: allowed.actions + 1, events: allowed.events - 1 }), [
      `${allowed.actions + 1} actions, budget ${allowed.actions}`,
    ]);
  });
});
