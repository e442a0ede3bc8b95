import { correctFacts, noFacts, relinkFacts } from '../../src/domain/journey/facts.js';
import { nothingObserved } from '../../src/domain/journey/next-step.js';
import {
  absent,
  attendLead,
  createLead,
  dates,
  early,
  exists,
  findLead,
  findPayer,
  found,
  known,
  made,
  merged,
  observed,
  onlyPaid,
  own,
  recall,
  refusal,
  table,
  undated,
  waitForNews,
  withPayment,
  write,
} from './next-steps.js';
import {
  factsFrom,
  february,
  january,
  laterInFebruary,
  leadCreated,
  leadsId,
  march,
  paid,
  payer,
  recordOf,
  trialStarted,
} from './situations.js';

describe('the lead has a record: the next step', () => {
  table([
    ['looks up an unreported lead', noFacts, nothingObserved, findLead],
    ['creates a reported lead', factsFrom(leadCreated(january)), nothingObserved, createLead],
    ['creates a lead with only a trial report', factsFrom(trialStarted(february)), nothingObserved, createLead],
    ['looks up a lead with only a payment report', onlyPaid, nothingObserved, findLead],
    ['looks up a lead that ChartMogul reports as existing', known, exists, findLead],
    ['looks up the lead again after dropping its record', withPayment, made, findLead],
    ['raises attention for a payment without a lead', onlyPaid, absent, attendLead('payment-without-lead')],
    ['creates a lead reported after its payment', withPayment, absent, createLead],
    ['raises attention for a deleted lead', known, observed('none'), attendLead('lead-missing')],
    ['looks up the payer for a hidden lead', withPayment, observed('none'), findPayer],
    [
      'raises attention if the payer does not hold it',
      withPayment,
      observed('none', found),
      attendLead('lead-missing'),
    ],
    ['looks up earlier journeys for an existing record', known, { leadRecord: 'created', lead: own }, recall],
    ['also looks them up for a lead that exists but is hidden', known, { leadRecord: 'exists', lead: 'none' }, recall],
    [
      'raises attention for a lead that exists but is hidden',
      known,
      { ...exists, lead: 'none' },
      attendLead('record-hidden'),
    ],
    ['looks up the payer for that one too', withPayment, { ...exists, lead: 'none' }, findPayer],
    [
      'raises attention if the payer does not hold that one',
      withPayment,
      { ...exists, lead: 'none', ...found },
      attendLead('record-hidden'),
    ],
    [
      'looks up the current payer, not the one found before',
      relinkFacts(withPayment, 'cus_b', 'n'),
      observed('none', found),
      { do: 'findPayingCustomer', billingCustomerId: 'cus_b' },
    ],
  ]);
});

describe('the lead has the correct dates: the next step', () => {
  table([
    ['writes both dates to a record without any', known, observed(undated), write('lead_uuid', dates)],
    [
      'writes both dates even if only the trial is new',
      known,
      observed(recordOf('lead_uuid', [leadsId()], { leadCreatedAt: january })),
      write('lead_uuid', dates),
    ],
    [
      'writes dates before it looks up the payer',
      withPayment,
      observed(recordOf('lead_uuid', [leadsId()], { leadCreatedAt: january })),
      write('lead_uuid', dates),
    ],
    [
      'restores January after a merge with February',
      withPayment,
      observed({ ...merged, leadCreatedAt: laterInFebruary, freeTrialStartedAt: laterInFebruary }),
      write('payer_uuid', dates),
    ],
    [
      'writes a correction to the merged record',
      correctFacts(withPayment, 'leadCreatedAt', { to: february, note: 'n' }),
      observed(merged),
      write('payer_uuid', { ...dates, leadCreatedAt: february }),
    ],
    ['writes nothing if the dates agree', known, observed(own), waitForNews],
    [
      'writes nothing where an imported record has earlier dates',
      factsFrom(leadCreated(march)),
      observed(own),
      waitForNews,
    ],
    [
      'does not repeat a rejected write immediately',
      known,
      observed(undated, refusal('writeDates', 'lead_uuid', 404)),
      { do: 'raise-attention', goal: 'dates', step: 'writeDates', code: 'refused', status: 404 },
    ],
    [
      'writes to a record other than the rejected one',
      known,
      observed(undated, refusal('writeDates', 'other_uuid', 404)),
      write('lead_uuid', dates),
    ],
    [
      'writes even if a merge was rejected',
      known,
      observed(undated, refusal('requestMerge', 'lead_uuid', 422)),
      write('lead_uuid', dates),
    ],
  ]);
});

describe('the payer has a record: the next step', () => {
  table([
    ['waits for trial or payment if the payer is unknown', known, observed(own), waitForNews],
    ['looks up the customer who paid', withPayment, observed(own), findPayer],
    ['looks up the customer of a billing trial before any payment', early, observed(own), findPayer],
    [
      'looks up the pinned payer even if another pays',
      factsFrom(leadCreated(january), trialStarted(february), paid(march, 'cus_b')),
      observed(own, { pinnedPayer: payer }),
      findPayer,
    ],
    [
      'looks up a payer other than the one found before',
      relinkFacts(withPayment, 'cus_b', 'n'),
      observed(own, found),
      { do: 'findPayingCustomer', billingCustomerId: 'cus_b' },
    ],
  ]);
});
