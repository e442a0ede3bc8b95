import assert from 'node:assert/strict';
import { budget, costScenarioNames, dearerThan } from '../../tools/bench/cost/budget.js';
import { costOf } from '../../tools/bench/cost/cost.js';
import { costScenarios } from '../../tools/bench/cost/scenarios.js';

describe('what a journey costs', () => {
  for (const name of costScenarioNames) {
    const { requests, actions, events } = budget[name];
    it(`is at most ${requests} requests, ${actions} Actions and ${events} events: ${costScenarios[name].about}`, async () => {
      const cost = await costOf(costScenarios[name]);

      assert.deepEqual(dearerThan(budget[name], cost), []);
    });
  }

  it('is told figure by figure where it exceeds the budget', () => {
    const allowed = budget.smooth;

    assert.deepEqual(dearerThan(allowed, { ...allowed, actions: allowed.actions + 1, events: allowed.events - 1 }), [
      `${allowed.actions + 1} actions, where ${allowed.actions} are allowed`,
    ]);
  });
});
