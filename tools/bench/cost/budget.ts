import budgetFile from './budget.json' with { type: 'json' };
import type { Cost } from './cost.js';
import { type CostScenarioName, costScenarios } from './scenarios.js';

/**
 * What a journey may cost at most, scenario by scenario. `npm test` fails when one gets dearer; whoever makes one cheaper
 * lowers the budget, and whoever has a reason to raise it says so in the commit.
 */
export const budget: Readonly<Record<CostScenarioName, Cost>> = budgetFile;

export const costScenarioNames = Object.keys(costScenarios) as CostScenarioName[]; // Object.keys forgets the type

/** Each figure that exceeds its budget, in words. */
export function dearerThan(allowed: Cost, cost: Cost): string[] {
  const figures = Object.keys(allowed) as (keyof Cost)[]; // as above
  return figures
    .filter((figure) => cost[figure] > allowed[figure])
    .map((figure) => `${cost[figure]} ${figure}, where ${allowed[figure]} are allowed`);
}
