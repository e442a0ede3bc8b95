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
    ['looks for a lead that nobody reported', noFacts, nothingObserved, findLead],
    ['creates a lead that was reported', factsFrom(leadCreated(january)), nothingObserved, createLead],
    [
      'creates a lead of whom only a trial was reported',
      factsFrom(trialStarted(february)),
      nothingObserved,
      createLead,
    ],
    ['looks for a lead of whom only a payment was reported', onlyPaid, nothingObserved, findLead],
    ['looks for the lead that ChartMogul says exists', known, exists, findLead],
    ['looks for the lead once more after forgetting where it is', withPayment, made, findLead],
    ['tells of a payment without a lead', onlyPaid, absent, attendLead('payment-without-lead')],
    ['creates the lead that is reported after its payment', withPayment, absent, createLead],
    ['tells of a lead that was deleted', known, observed('none'), attendLead('lead-missing')],
    ['looks into the payer for a lead that does not show', withPayment, observed('none'), findPayer],
    ['tells of it if the payer does not hold it', withPayment, observed('none', found), attendLead('lead-missing')],
    ['asks earlier journeys about a record that was there before', known, { leadRecord: 'created', lead: own }, recall],
    [
      'asks them about a lead that exists and does not show, too',
      known,
      { leadRecord: 'exists', lead: 'none' },
      recall,
    ],
    ['tells of a lead that exists and does not show', known, { ...exists, lead: 'none' }, attendLead('record-hidden')],
    ['looks into the payer for that one too', withPayment, { ...exists, lead: 'none' }, findPayer],
    [
      'tells of it if the payer does not hold that one',
      withPayment,
      { ...exists, lead: 'none', ...found },
      attendLead('record-hidden'),
    ],
    [
      'looks into the payer named by now, not the one looked at before',
      relinkFacts(withPayment, 'cus_b', 'n'),
      observed('none', found),
      { do: 'findPayingCustomer', billingCustomerId: 'cus_b' },
    ],
  ]);
});

describe('the lead carries the true dates: the next step', () => {
  table([
    ['writes both dates to a record without any', known, observed(undated), write('lead_uuid', dates)],
    [
      'writes both dates, though only the trial is new',
      known,
      observed(recordOf('lead_uuid', [leadsId()], { leadCreatedAt: january })),
      write('lead_uuid', dates),
    ],
    [
      'writes dates before it looks for the payer',
      withPayment,
      observed(recordOf('lead_uuid', [leadsId()], { leadCreatedAt: january })),
      write('lead_uuid', dates),
    ],
    [
      'puts January back after a merge with February',
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
    ['writes nothing where the dates agree', known, observed(own), waitForNews],
    [
      'writes nothing where an imported record has earlier dates',
      factsFrom(leadCreated(march)),
      observed(own),
      waitForNews,
    ],
    [
      'does not write at once again what ChartMogul refused',
      known,
      observed(undated, refusal('writeDates', 'lead_uuid', 404)),
      { do: 'raise-attention', goal: 'dates', step: 'writeDates', code: 'refused', status: 404 },
    ],
    [
      'writes to another record than the one refused',
      known,
      observed(undated, refusal('writeDates', 'other_uuid', 404)),
      write('lead_uuid', dates),
    ],
    [
      'writes, though a merge was refused',
      known,
      observed(undated, refusal('requestMerge', 'lead_uuid', 422)),
      write('lead_uuid', dates),
    ],
  ]);
});

describe('the payer has a record: the next step', () => {
  table([
    ['waits for trial or payment where the payer is not known', known, observed(own), waitForNews],
    ['looks for who paid', withPayment, observed(own), findPayer],
    ['looks for whose trial runs in the billing system, before any payment', early, observed(own), findPayer],
    [
      'looks for the pinned payer, whoever else pays',
      factsFrom(leadCreated(january), trialStarted(february), paid(march, 'cus_b')),
      observed(own, { pinnedPayer: payer }),
      findPayer,
    ],
    [
      'looks for another payer than the one found before',
      relinkFacts(withPayment, 'cus_b', 'n'),
      observed(own, found),
      { do: 'findPayingCustomer', billingCustomerId: 'cus_b' },
    ],
  ]);
});
