import assert from 'node:assert/strict';
import { correctFacts, type Facts, noFacts, relinkFacts } from '../../src/journey/facts.js';
import { type NextStep, nextStep, nothingSeen, type Sightings } from '../../src/journey/next-step.js';
import {
  billingId,
  bothId,
  factsFrom,
  february,
  january,
  laterInFebruary,
  leadCreated,
  leadId,
  leadsId,
  march,
  otherId,
  paid,
  paidByLead,
  payer,
  recordOf,
  trialStarted,
} from './situations.js';

const dates = { leadCreatedAt: january, freeTrialStartedAt: february };
const known = factsFrom(leadCreated(january), trialStarted(february));
const withPayment = factsFrom(leadCreated(january), trialStarted(february), paid(march));
const early = factsFrom(leadCreated(january), trialStarted(february, payer));
const onlyPaid = factsFrom(paid(march));

const own = recordOf('lead_uuid', [leadsId()], dates);
const undated = recordOf('lead_uuid', [leadsId()]);
const merged = recordOf('payer_uuid', [billingId(), leadsId()], dates);
const payerRecord = recordOf('payer_uuid', [billingId()]);
const inOneSource = recordOf('lead_uuid', [bothId()], dates);

const made: Sightings = { leadRecord: 'created' };
const exists: Sightings = { leadRecord: 'exists' };
const absent: Sightings = { ...nothingSeen, lead: 'none' };
const seen = (lead: Sightings['lead'], more: Partial<Sightings> = {}): Sightings => ({
  ...made,
  ...(lead !== undefined && { lead }),
  ...more,
});
const found = { payer: { billingCustomerId: payer, record: payerRecord } };
const refusal = (step: 'writeDates' | 'requestMerge' | 'confirmMerge', uuid: string, status: number) => ({
  refusal: { step, uuid, status },
});

const createLead: NextStep = { do: 'createLead' };
const findLead: NextStep = { do: 'findLead' };
const findPayer: NextStep = { do: 'findPayingCustomer', billingCustomerId: payer };
const waitForPayment: NextStep = { do: 'wait', for: 'payment' };
const waitForNews: NextStep = { do: 'wait', for: 'trial-or-payment' };
const finish: NextStep = { do: 'finish' };
const requestMerge: NextStep = { do: 'requestMerge', from: 'lead_uuid', into: 'payer_uuid' };
const confirmMerge: NextStep = { do: 'confirmMerge', into: 'payer_uuid' };
const write = (uuid: string, wanted: object): NextStep => ({ do: 'writeDates', uuid, dates: wanted });
const attendLead = (code: 'payment-without-lead' | 'lead-missing' | 'record-hidden'): NextStep => ({
  do: 'attend',
  goal: 'lead',
  step: 'findLead',
  code,
});
const elsewhere = (detail: string): NextStep => ({
  do: 'attend',
  goal: 'lead',
  step: 'findLead',
  code: 'merged-elsewhere',
  detail,
});

type Situation = [what: string, facts: Facts, seen: Sightings, step: NextStep];

describe('the lead has a record: the next step', () => {
  table([
    ['looks for a lead that nobody reported', noFacts, nothingSeen, findLead],
    ['creates a lead that was reported', factsFrom(leadCreated(january)), nothingSeen, createLead],
    ['creates a lead of whom only a trial was reported', factsFrom(trialStarted(february)), nothingSeen, createLead],
    ['looks for a lead of whom only a payment was reported', onlyPaid, nothingSeen, findLead],
    ['looks for the lead that ChartMogul says exists', known, exists, findLead],
    ['looks for the lead once more after forgetting where it is', withPayment, made, findLead],
    ['tells of a payment without a lead', onlyPaid, absent, attendLead('payment-without-lead')],
    ['creates the lead that is reported after its payment', withPayment, absent, createLead],
    ['tells of a lead that was deleted', known, seen('none'), attendLead('lead-missing')],
    ['looks into the payer for a lead that does not show', withPayment, seen('none'), findPayer],
    ['tells of it if the payer does not hold it', withPayment, seen('none', found), attendLead('lead-missing')],
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
      seen('none', found),
      { do: 'findPayingCustomer', billingCustomerId: 'cus_b' },
    ],
  ]);
});

describe('the lead carries the true dates: the next step', () => {
  table([
    ['writes both dates to a record without any', known, seen(undated), write('lead_uuid', dates)],
    [
      'writes both dates, though only the trial is new',
      known,
      seen(recordOf('lead_uuid', [leadsId()], { leadCreatedAt: january })),
      write('lead_uuid', dates),
    ],
    [
      'writes dates before it looks for the payer',
      withPayment,
      seen(recordOf('lead_uuid', [leadsId()], { leadCreatedAt: january })),
      write('lead_uuid', dates),
    ],
    [
      'puts January back after a merge with February',
      withPayment,
      seen({ ...merged, leadCreatedAt: laterInFebruary, freeTrialStartedAt: laterInFebruary }),
      write('payer_uuid', dates),
    ],
    [
      'writes a correction to the merged record',
      correctFacts(withPayment, 'leadCreatedAt', { to: february, note: 'n' }),
      seen(merged),
      write('payer_uuid', { ...dates, leadCreatedAt: february }),
    ],
    ['writes nothing where the dates agree', known, seen(own), waitForNews],
    [
      'writes nothing where an imported record has earlier dates',
      factsFrom(leadCreated(march)),
      seen(own),
      waitForNews,
    ],
    [
      'does not write at once again what ChartMogul refused',
      known,
      seen(undated, refusal('writeDates', 'lead_uuid', 404)),
      { do: 'attend', goal: 'dates', step: 'writeDates', code: 'refused', status: 404 },
    ],
    [
      'writes to another record than the one refused',
      known,
      seen(undated, refusal('writeDates', 'other_uuid', 404)),
      write('lead_uuid', dates),
    ],
    [
      'writes, though a merge was refused',
      known,
      seen(undated, refusal('requestMerge', 'lead_uuid', 422)),
      write('lead_uuid', dates),
    ],
  ]);
});

describe('the payer has a record: the next step', () => {
  table([
    ['waits for trial or payment where the payer is not known', known, seen(own), waitForNews],
    ['looks for who paid', withPayment, seen(own), findPayer],
    ['looks for whose trial runs in the billing system, before any payment', early, seen(own), findPayer],
    [
      'looks for the pinned payer, whoever else pays',
      factsFrom(leadCreated(january), trialStarted(february), paid(march, 'cus_b')),
      seen(own, { pinnedPayer: payer }),
      findPayer,
    ],
    [
      'looks for another payer than the one found before',
      relinkFacts(withPayment, 'cus_b', 'n'),
      seen(own, found),
      { do: 'findPayingCustomer', billingCustomerId: 'cus_b' },
    ],
  ]);
});

describe('the two are merged: the next step', () => {
  table([
    ['asks for the merge', withPayment, seen(own, found), requestMerge],
    ['asks for the merge during a trial in the billing system', early, seen(own, found), requestMerge],
    ['asks for the merge of a lead that nobody dated', onlyPaid, seen(undated, found), requestMerge],
    [
      'asks for the merge with a payer who holds other leads',
      withPayment,
      seen(own, {
        payer: { billingCustomerId: payer, record: recordOf('payer_uuid', [leadsId('lead_2'), billingId()]) },
      }),
      requestMerge,
    ],
    [
      'looks whether the merge is done',
      withPayment,
      seen(own, { ...found, mergeAskedInto: 'payer_uuid' }),
      confirmMerge,
    ],
    [
      'asks again where the merge was asked for into another record',
      withPayment,
      seen(own, { ...found, mergeAskedInto: 'old_uuid' }),
      requestMerge,
    ],
    [
      'does not ask at once again for what ChartMogul refused',
      withPayment,
      seen(own, { ...found, ...refusal('requestMerge', 'payer_uuid', 422) }),
      { do: 'attend', goal: 'merge', step: 'requestMerge', code: 'refused', status: 422 },
    ],
    [
      'does not look at once again at a payer who is gone',
      withPayment,
      seen(own, { ...found, mergeAskedInto: 'payer_uuid', ...refusal('confirmMerge', 'payer_uuid', 404) }),
      { do: 'attend', goal: 'merge', step: 'confirmMerge', code: 'refused', status: 404 },
    ],
    [
      'asks for the merge again after the payer had been gone',
      withPayment,
      seen(own, { ...found, ...refusal('confirmMerge', 'payer_uuid', 404) }),
      requestMerge,
    ],
    ['finishes when merged, dated and paid', withPayment, seen(merged), finish],
    ['finishes when a payment is all that was reported', onlyPaid, seen(merged), finish],
    ['finishes without any date', onlyPaid, seen(recordOf('payer_uuid', [billingId(), leadsId()])), finish],
    ['waits for the payment after an early merge', early, seen(merged), waitForPayment],
    [
      'waits for the payment of the pinned payer, though another has paid',
      factsFrom(leadCreated(january), trialStarted(february), paid(march, 'cus_b')),
      seen(merged, { pinnedPayer: payer }),
      waitForPayment,
    ],
    [
      'finishes where another lead and another source share the record with the payer',
      withPayment,
      seen(
        recordOf('payer_uuid', [leadsId('lead_2'), billingId('cus_b'), otherId('x'), billingId(), leadsId()], dates),
      ),
      finish,
    ],
  ]);
});

describe('all customers in one source: the next step', () => {
  const paidBySelf = factsFrom(leadCreated(january), trialStarted(february), paidByLead(march));
  table([
    ['waits for the payment of a dated record', known, seen(inOneSource), waitForNews],
    ['dates a record imported long ago', known, seen(recordOf('lead_uuid', [bothId()])), write('lead_uuid', dates)],
    ['finishes when dated and paid, without a merge', paidBySelf, seen(inOneSource), finish],
    ['does not merge with another customer of the same source', withPayment, seen(inOneSource, found), elsewhere('')],
  ]);
});

describe("a stranger's record is not ours to write: the next step", () => {
  const strangers = recordOf('s', [billingId('cus_b'), leadsId()], dates);
  table([
    ['tells of a payer who is not ours', withPayment, seen(strangers), elsewhere('billing cus_b')],
    [
      'tells of another lead in the record',
      known,
      seen(recordOf('s', [leadsId('lead_2'), leadsId()], dates)),
      elsewhere('leads lead_2'),
    ],
    [
      'tells of another source in the record',
      withPayment,
      seen(recordOf('s', [leadsId(), otherId('x_1')], dates)),
      elsewhere('other x_1'),
    ],
    [
      'withholds ids that are e-mail addresses',
      known,
      seen(recordOf('s', [leadsId(), otherId('adam@example.com'), otherId('x_1')], dates)),
      elsewhere('other (withheld), other x_1'),
    ],
    [
      'names ten ids at most',
      known,
      seen(recordOf('s', [leadsId(), ...Array.from({ length: 12 }, (_, index) => otherId(`x${index}`))])),
      elsewhere(Array.from({ length: 10 }, (_, index) => `other x${index}`).join(', ')),
    ],
    [
      'tells of a merged record that wants other dates, while the payment is not known',
      factsFrom(leadCreated('2015-01-01T00:00:00Z')),
      seen(merged),
      elsewhere(`billing ${payer}`),
    ],
    ['finishes a journey started again after its end, without the payment', known, seen(merged), finish],
    ['finishes it though nothing but the id is known', noFacts, seen(merged), finish],
    [
      'does not finish it where no payer is in the record',
      known,
      seen(recordOf('s', [leadsId(), leadsId('lead_2')], dates)),
      elsewhere('leads lead_2'),
    ],
    ['goes on once the payment names the payer in the record', withPayment, seen(merged), finish],
    [
      'goes on once an operator names the payer in the record',
      relinkFacts(known, payer, 'n'),
      seen(merged),
      waitForPayment,
    ],
    [
      'tells of the lead in the record of another payer than the pinned one',
      factsFrom(leadCreated(january), trialStarted(february), paid(march, 'cus_b')),
      seen(strangers, { pinnedPayer: payer }),
      elsewhere('billing cus_b'),
    ],
  ]);
});

function table(situations: readonly Situation[]): void {
  for (const [what, facts, sightings, step] of situations) {
    it(what, () => {
      assert.deepEqual(nextStep(leadId, facts, sightings), step);
    });
  }
}
