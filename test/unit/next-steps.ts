import assert from 'node:assert/strict';
import type { Facts } from '../../src/domain/journey/facts.js';
import { type NextStep, nextStep, nothingObserved, type Observations } from '../../src/domain/journey/next-step.js';
import {
  billingId,
  bothId,
  factsFrom,
  february,
  january,
  leadCreated,
  leadId,
  leadsId,
  march,
  paid,
  payer,
  recordOf,
  trialStarted,
} from './situations.js';

/** The reports and observations for the next-step tables, and the steps themselves. */
export const dates = { leadCreatedAt: january, freeTrialStartedAt: february };
export const known = factsFrom(leadCreated(january), trialStarted(february));
export const withPayment = factsFrom(leadCreated(january), trialStarted(february), paid(march));
export const early = factsFrom(leadCreated(january), trialStarted(february, payer));
export const onlyPaid = factsFrom(paid(march));

export const own = recordOf('lead_uuid', [leadsId()], dates);
export const undated = recordOf('lead_uuid', [leadsId()]);
export const merged = recordOf('payer_uuid', [billingId(), leadsId()], dates);
export const payerRecord = recordOf('payer_uuid', [billingId()]);
export const inOneSource = recordOf('lead_uuid', [bothId()], dates);

export const made: Observations = { leadRecord: 'created', isPreviousResultKnown: true };
export const exists: Observations = { leadRecord: 'exists', isPreviousResultKnown: true };
export const absent: Observations = { ...nothingObserved, lead: 'none' };
export const observed = (lead: Observations['lead'], more: Partial<Observations> = {}): Observations => ({
  ...made,
  ...(lead !== undefined && { lead }),
  ...more,
});
export const found = { payer: { billingCustomerId: payer, record: payerRecord } };
export const refusal = (step: 'writeDates' | 'requestMerge' | 'confirmMerge', uuid: string, status: number) => ({
  refusal: { step, uuid, status },
});

export const createLead: NextStep = { do: 'createLead' };
export const findLead: NextStep = { do: 'findLead' };
export const findPayer: NextStep = { do: 'findPayingCustomer', billingCustomerId: payer };
export const waitForPayment: NextStep = { do: 'wait', for: 'payment' };
export const waitForNews: NextStep = { do: 'wait', for: 'trial-or-payment' };
export const recall: NextStep = { do: 'findPreviousResult' };
export const finish: NextStep = { do: 'finish' };
export const requestMerge: NextStep = { do: 'requestMerge', from: 'lead_uuid', into: 'payer_uuid' };
export const confirmMerge: NextStep = { do: 'confirmMerge', into: 'payer_uuid' };
export const write = (uuid: string, wanted: object): NextStep => ({ do: 'writeDates', uuid, dates: wanted });
export const attendLead = (code: 'payment-without-lead' | 'lead-missing' | 'record-hidden'): NextStep => ({
  do: 'raise-attention',
  goal: 'lead',
  step: 'findLead',
  code,
});
export const elsewhere = (detail: string): NextStep => ({
  do: 'raise-attention',
  goal: 'lead',
  step: 'findLead',
  code: 'merged-elsewhere',
  detail,
});

export const severalCustomers = (detail: string): NextStep => ({
  do: 'raise-attention',
  goal: 'merge',
  step: 'requestMerge',
  code: 'several-customers',
  detail,
});

export type Situation = [what: string, facts: Facts, seen: Observations, step: NextStep];

/** One test per situation: what the next step is. */
export function table(situations: readonly Situation[]): void {
  for (const [what, facts, sightings, step] of situations) {
    it(what, () => {
      assert.deepEqual(nextStep(leadId, facts, sightings), step);
    });
  }
}
