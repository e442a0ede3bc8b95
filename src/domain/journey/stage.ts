import { type Facts, paymentDate, trialDate } from './facts.js';
import type { NextStep, Observations } from './next-step.js';

/** How far a lead has come. Derived from facts and proof, never stored. */
export type Stage = 'lead' | 'trial' | 'paid' | 'proven';

export const stages: readonly Stage[] = ['lead', 'trial', 'paid', 'proven'];

export function stageOf(facts: Facts, observed: Observations, next?: NextStep): Stage {
  if (next?.do === 'finish') return 'proven';
  if (paymentDate(facts, observed.pinnedPayer) !== undefined) return 'paid';
  return trialDate(facts) === undefined ? 'lead' : 'trial';
}
