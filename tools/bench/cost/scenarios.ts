import type { Scenario } from '../../../test/support/scenarios.js';
import * as told from '../../../test/support/scenarios.js';
import { skipTime } from '../../temporal-server/time-skipping.js';

/** A scenario whose cost has a budget. It has one run: scenarios that start the journey again are excluded. */
export type CostScenario = Pick<Scenario, 'knobs' | 'run'> & { readonly about: string };

const { adam, scenarios } = told;

export const costScenarios = {
  smooth: { ...scenarios.smooth, about: 'lead, trial, payment; the payer is there at the first look' },
  'dates-put-back': { ...scenarios['dates-put-back'], about: "smooth, and the merge kept the payer's dates" },
  'weeks-apart': {
    about: 'as in life: a trial after 36 days, a payment after 15 more, the dates put back',
    async run(stage) {
      await told.lead(stage);
      await told.created(stage);
      await told.forward(stage, '36 days');
      await told.trial(stage);
      await told.resting(stage);
      await told.forward(stage, '15 days');
      told.stripe(stage);
      await told.paid(stage);
      await told.ended(stage);
    },
  },
  'trial-first': { ...scenarios['trial-first'], about: 'the trial is reported before the lead' },
  'already-merged': { ...scenarios['already-merged'], about: 'ChartMogul merged the two by itself' },
  'early-merge': {
    ...scenarios['early-merge'],
    about: 'the trial runs in the billing system; the payment comes 45 days later',
  },
  '5-lookups': { ...lookups(5), about: 'smooth, and the payer is there at the 5th look' },
  '20-lookups': { ...lookups(20), about: 'smooth, and the payer is there at the 20th look' },
  attention: { ...scenarios.attention, about: 'the payer comes after 26 hours: 21 looks, then one an hour' },
  retry: {
    ...scenarios['slow-lane-and-retry'],
    about: 'the payer is not there for three hours, then an operator retries',
  },
} satisfies Record<string, CostScenario>;

export type CostScenarioName = keyof typeof costScenarios;

function lookups(count: number): Scenario {
  return {
    ...scenarios.smooth,
    async run(stage) {
      await told.lead(stage);
      await told.created(stage);
      await told.trial(stage);
      await told.resting(stage);
      told.stripe(stage, { afterLookups: count });
      await skipTime(stage.journeys.handle(adam.leadId));
      await told.paid(stage);
      await told.ended(stage);
    },
  };
}
