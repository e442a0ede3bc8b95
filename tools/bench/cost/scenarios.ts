import type { Scenario } from '../../../test/support/scenarios.js';
import * as steps from '../../../test/support/scenarios.js';
import { skipTime } from '../../temporal-server/time-skipping.js';

/** A scenario whose cost has a budget. It has a single run, so scenarios that restart the journey are excluded. */
export type CostScenario = Pick<Scenario, 'knobs' | 'run'> & { readonly about: string };

const { adam, scenarios } = steps;

export const costScenarios = {
  smooth: { ...scenarios.smooth, about: 'lead, trial, payment; the payer is found at the first lookup' },
  'dates-put-back': { ...scenarios['dates-put-back'], about: "smooth, but the merge keeps the payer's dates" },
  'weeks-apart': {
    about: 'realistic: a trial after 36 days, a payment 15 days later, dates restored after the merge',
    async run(stage) {
      await steps.lead(stage);
      await steps.created(stage);
      await steps.forward(stage, '36 days');
      await steps.trial(stage);
      await steps.resting(stage);
      await steps.forward(stage, '15 days');
      steps.stripe(stage);
      await steps.paid(stage);
      await steps.ended(stage);
    },
  },
  'trial-first': { ...scenarios['trial-first'], about: 'the trial is reported before the lead' },
  'already-merged': { ...scenarios['already-merged'], about: 'ChartMogul has already merged the two customers' },
  'early-merge': {
    ...scenarios['early-merge'],
    about: 'the trial runs in the billing system; the payment comes 45 days later',
  },
  '5-lookups': { ...lookups(5), about: 'smooth, but the payer is found at the 5th lookup' },
  '20-lookups': { ...lookups(20), about: 'smooth, but the payer is found at the 20th lookup' },
  attention: { ...scenarios.attention, about: 'the payer appears after 26 hours: 21 lookups, then one per hour' },
  retry: {
    ...scenarios['slow-lane-and-retry'],
    about: 'the payer is missing for three hours, then an operator retries',
  },
} satisfies Record<string, CostScenario>;

export type CostScenarioName = keyof typeof costScenarios;

function lookups(count: number): Scenario {
  return {
    ...scenarios.smooth,
    async run(stage) {
      await steps.lead(stage);
      await steps.created(stage);
      await steps.trial(stage);
      await steps.resting(stage);
      steps.stripe(stage, { afterLookups: count });
      await skipTime(stage.journeys.handle(adam.leadId));
      await steps.paid(stage);
      await steps.ended(stage);
    },
  };
}
