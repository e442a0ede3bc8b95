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
      const cost = await costs.get(name);
      assert.ok(cost);

      assert.deepEqual(dearerThan(budget[name], cost), []);
    });
  }

  it('is reported per figure if it exceeds the budget', () => {
    const allowed = budget.smooth;

    assert.deepEqual(dearerThan(allowed, { ...allowed, actions: allowed.actions + 1, events: allowed.events - 1 }), [
      `${allowed.actions + 1} actions, where ${allowed.actions} are allowed`,
    ]);
  });
});
