import { mochaGlobalSetup, mochaGlobalTeardown } from '../../../test/support/hooks.js';
import { budget, costScenarioNames, overBudget } from '../cost/budget.js';
import { type Cost, costOf } from '../cost/cost.js';
import { type CostScenarioName, costScenarios } from '../cost/scenarios.js';
import type { Part, PartOptions } from '../harness/command.js';
import type { Goal } from '../harness/report.js';

const historyTargetBytes = 12_000;
const quickScenarios: readonly CostScenarioName[] = ['weeks-apart'];

export const costPart: Part = {
  name: 'cost',
  about: 'requests, Temporal Actions, workflow tasks, events and bytes per journey, compared with the budget',
  async run({ quick, onProgress }: PartOptions) {
    const costs: [CostScenarioName, Cost][] = [];
    await mochaGlobalSetup();
    try {
      for (const name of quick ? quickScenarios : costScenarioNames) {
        onProgress(`cost: ${name} …`);
        costs.push([name, await costOf(costScenarios[name])]);
      }
    } finally {
      await mochaGlobalTeardown();
    }
    const over = costs.flatMap(([name, cost]) => overBudget(budget[name], cost).map((what) => `${name}: ${what}`));
    return {
      tables: [tableOf(costs)],
      goals: goalsOf(costs, over),
      figures: { costs: Object.fromEntries(costs), over },
    };
  },
};

function tableOf(costs: readonly [CostScenarioName, Cost][]) {
  return {
    title: 'Cost of a journey, from its first fact to its end',
    columns: ['', 'requests', 'Actions', 'workflow tasks', 'events', 'bytes', 'what happens'],
    rows: costs.map(([name, { requests, actions, workflowTasks, events, bytes }]) => [
      name,
      ...[requests, actions, workflowTasks, events, bytes].map(String),
      costScenarios[name].about,
    ]),
    notes: [
      'These are counts, so they are the same on every machine. The server counts the Actions; queries and time skipping are excluded.',
      'Each query of a journey (`show`) costs one more Action.',
    ],
  };
}

function goalsOf(costs: readonly [CostScenarioName, Cost][], over: readonly string[]): Goal[] {
  const smooth = Object.fromEntries(costs).smooth;
  return [
    {
      name: 'scenarios over budget (tools/bench/cost/budget.json)',
      target: 'none',
      measured: over.join('; ') || 'none',
      isMet: over.length === 0,
    },
    ...(smooth
      ? [
          {
            name: 'history size of a smooth journey',
            target: `<= ${historyTargetBytes} bytes`,
            measured: `${smooth.bytes} bytes`,
            isMet: smooth.bytes <= historyTargetBytes,
          },
        ]
      : []),
  ];
}
