import { type Facts, paymentDate, trialDate } from './facts.js';
import type { NextStep, Observations } from './next-step.js';

/** The progress of a lead. Derived from facts and observed records, never stored. */
export type Stage = 'lead' | 'trial' | 'paid' | 'proven';

export const stages: readonly Stage[] = ['lead', 'trial', 'paid', 'proven'];

export function stageOf(facts: Facts, observed: Observations, next?: NextStep): Stage {
  if (next?.do === 'finish') return 'proven';
  if (paymentDate(facts, observed.pinnedPayer) !== undefined) return 'paid';
  return trialDate(facts) === undefined ? 'lead' : 'trial';
}
