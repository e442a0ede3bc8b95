import assert from 'node:assert/strict';
import pLimit from 'p-limit';
import { budget, costScenarioNames, dearerThan } from '../../tools/bench/cost/budget.js';
import { type Cost, costOf } from '../../tools/bench/cost/cost.js';
import { costScenarios } from '../../tools/bench/cost/scenarios.js';

describe('what a journey costs', () => {
  const costs = new Map<string, Promise<Cost>>();
  // Played side by side, each in a namespace of its own: the server counts what happens some seconds later.
  before(async () => {
    const limit = pLimit(6);
    for (const name of costScenarioNames) {
      const cost = limit(() => costOf(costScenarios[name]));
      cost.catch(() => undefined); // its test reports it
      costs.set(name, cost);
    }
    await Promise.allSettled(costs.values());
  });

  for (const name of costScenarioNames) {
    const { requests, actions, events } = budget[name];
    it(`is at most ${requests} requests, ${actions} Actions and ${events} events: ${costScenarios[name].about}`, async () => {
      // A busy machine can split a workflow task in two, which adds events and sometimes an Action, but never saves any.
      const cost = await costs.get(name);
      assert.ok(cost);
      let dearer = dearerThan(budget[name], cost);
      for (let repeats = 0; dearer.length > 0 && repeats < 3; repeats += 1) {
        dearer = dearerThan(budget[name], await costOf(costScenarios[name]));
      }

      assert.deepEqual(dearer, []);
    });
  }

  it('is reported per figure if it exceeds the budget', () => {
    const allowed = budget.smooth;

    assert.deepEqual(dearerThan(allowed, { ...allowed, actions: allowed.actions + 1, events: allowed.events - 1 }), [
      `${allowed.actions + 1} actions, budget ${allowed.actions}`,
    ]);
  });
});
