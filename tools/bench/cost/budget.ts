import budgetFile from './budget.json' with { type: 'json' };
import type { Cost } from './cost.js';
import { type CostScenarioName, costScenarios } from './scenarios.js';

/**
 * The maximum cost of a journey, per scenario. `npm run test:slow` fails if a scenario exceeds it. If you make a scenario
 * cheaper, lower the budget; if you raise it, give the reason in the commit.
 */
export const budget: Readonly<Record<CostScenarioName, Cost>> = budgetFile;

export const costScenarioNames = Object.keys(costScenarios) as CostScenarioName[]; // Object.keys loses the type

/** Describes each figure that exceeds its budget. */
export function overBudget(allowed: Cost, cost: Cost): string[] {
  const figures = Object.keys(allowed) as (keyof Cost)[]; // as above
  return figures
    .filter((figure) => cost[figure] > allowed[figure])
    .map((figure) => `${cost[figure]} ${figure}, budget ${allowed[figure]}`);
}
