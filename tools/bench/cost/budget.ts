import budgetFile from './budget.json' with { type: 'json' };
import type { Cost } from './cost.js';
import { type CostScenarioName, costScenarios } from './scenarios.js';

/**
 * What a journey may cost at most, scenario by scenario. `npm test` fails when one gets dearer; whoever makes one cheaper
 * lowers the budget, and whoever has a reason to raise it says so in the commit.
 */
export const budget: Readonly<Record<CostScenarioName, Cost>> = budgetFile;

export const costScenarioNames = Object.keys(costScenarios) as CostScenarioName[]; // Object.keys forgets the type

/**
 * A busy machine may deliver two results in two workflow tasks that otherwise come in one. It costs no request and no
 * Action: three events a task.
 */
const spare: Partial<Cost> = { workflowTasks: 2, events: 6, bytes: 1_000 };

/** Each figure that exceeds its budget, in words. */
export function dearerThan(allowed: Cost, cost: Cost): string[] {
  const figures = Object.keys(allowed) as (keyof Cost)[]; // as above
  return figures
    .filter((figure) => cost[figure] > allowed[figure] + (spare[figure] ?? 0))
    .map((figure) => `${cost[figure]} ${figure}, where ${allowed[figure]} are allowed`);
}
