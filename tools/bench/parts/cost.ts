import { mochaGlobalSetup, mochaGlobalTeardown } from '../../../test/support/hooks.js';
import { budget, costScenarioNames, dearerThan } from '../cost/budget.js';
import { type Cost, costOf } from '../cost/cost.js';
import { type CostScenarioName, costScenarios } from '../cost/scenarios.js';
import type { Part, PartOptions } from '../harness/command.js';
import type { Goal } from '../harness/report.js';

/** The goals of a whole journey, as the design has them. */
const largestHistoryBytes = 12_000;
const quickNames: readonly CostScenarioName[] = ['weeks-apart'];

export const costPart: Part = {
  name: 'cost',
  about: 'requests, Temporal Actions, workflow tasks, events and bytes of a journey, against the budget',
  async run({ quick, onProgress }: PartOptions) {
    const costs: [CostScenarioName, Cost][] = [];
    await mochaGlobalSetup();
    try {
      for (const name of quick ? quickNames : costScenarioNames) {
        onProgress(`cost: ${name} …`);
        costs.push([name, await costOf(costScenarios[name])]);
      }
    } finally {
      await mochaGlobalTeardown();
    }
    const over = costs.flatMap(([name, cost]) => dearerThan(budget[name], cost).map((what) => `${name}: ${what}`));
    return {
      tables: [tableOf(costs)],
      goals: goalsOf(costs, over),
      figures: { costs: Object.fromEntries(costs), over },
    };
  },
};

function tableOf(costs: readonly [CostScenarioName, Cost][]) {
  return {
    title: 'Cost of a journey, from its first report to its end',
    columns: ['', 'requests', 'Actions', 'workflow tasks', 'events', 'bytes', 'what happens'],
    rows: costs.map(([name, { requests, actions, workflowTasks, events, bytes }]) => [
      name,
      ...[requests, actions, workflowTasks, events, bytes].map(String),
      costScenarios[name].about,
    ]),
    notes: [
      "Counts, not times: the same on every machine. Actions by the server's own counter, without queries and skipped time.",
      'An application adds nothing to it; each query of a journey (`show`) is one Action more.',
    ],
  };
}

function goalsOf(costs: readonly [CostScenarioName, Cost][], over: readonly string[]): Goal[] {
  const smooth = Object.fromEntries(costs).smooth;
  return [
    {
      name: 'no journey dearer than bench/cost/budget.json',
      target: 'none',
      measured: over.join('; ') || 'none',
      isMet: over.length === 0,
    },
    ...(smooth
      ? [
          {
            name: 'history of a smooth journey',
            target: `<= ${largestHistoryBytes} bytes`,
            measured: `${smooth.bytes} bytes`,
            isMet: smooth.bytes <= largestHistoryBytes,
          },
        ]
      : []),
  ];
}
