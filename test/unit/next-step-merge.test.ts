import { confirmSamePerson, noFacts, relinkFacts } from '../../src/domain/journey/facts.js';
import {
  confirmMerge,
  dates,
  early,
  elsewhere,
  finish,
  found,
  inOneSource,
  known,
  merged,
  observed,
  onlyPaid,
  own,
  refusal,
  requestMerge,
  severalCustomers,
  table,
  undated,
  waitForNews,
  waitForPayment,
  withPayment,
  write,
} from './next-steps.js';
import {
  billingId,
  bothId,
  factsFrom,
  february,
  january,
  leadCreated,
  leadsId,
  march,
  otherId,
  paid,
  paidByLead,
  payer,
  recordOf,
  trialStarted,
} from './situations.js';

describe('the two are merged: the next step', () => {
  table([
    ['requests the merge', withPayment, observed(own, found), requestMerge],
    ['requests the merge during a trial in the billing system', early, observed(own, found), requestMerge],
    ['requests the merge of a lead without dates', onlyPaid, observed(undated, found), requestMerge],
    [
      'requests the merge with a payer who holds other leads',
      withPayment,
      observed(own, {
        payer: { billingCustomerId: payer, record: recordOf('payer_uuid', [leadsId('lead_2'), billingId()]) },
      }),
      requestMerge,
    ],
    [
      'checks whether the merge is done',
      withPayment,
      observed(own, { ...found, mergeAskedInto: 'payer_uuid' }),
      confirmMerge,
    ],
    [
      'requests the merge again if it was requested into another record',
      withPayment,
      observed(own, { ...found, mergeAskedInto: 'old_uuid' }),
      requestMerge,
    ],
    [
      'does not repeat a rejected merge immediately',
      withPayment,
      observed(own, { ...found, ...refusal('requestMerge', 'payer_uuid', 422) }),
      { do: 'raise-attention', goal: 'merge', step: 'requestMerge', code: 'refused', status: 422 },
    ],
    [
      'does not immediately look up a missing payer again',
      withPayment,
      observed(own, { ...found, mergeAskedInto: 'payer_uuid', ...refusal('confirmMerge', 'payer_uuid', 404) }),
      { do: 'raise-attention', goal: 'merge', step: 'confirmMerge', code: 'refused', status: 404 },
    ],
    [
      'requests the merge again after the payer was missing',
      withPayment,
      observed(own, { ...found, ...refusal('confirmMerge', 'payer_uuid', 404) }),
      requestMerge,
    ],
    ['finishes when merged, dated and paid', withPayment, observed(merged), finish],
    ['finishes when only a payment was reported', onlyPaid, observed(merged), finish],
    ['finishes without any date', onlyPaid, observed(recordOf('payer_uuid', [billingId(), leadsId()])), finish],
    ['waits for the payment after an early merge', early, observed(merged), waitForPayment],
    [
      'asks about another customer of the lead that has paid',
      factsFrom(leadCreated(january), trialStarted(february, payer), paid(march, 'cus_b')),
      observed(merged, { pinnedPayer: payer }),
      severalCustomers('not yet merged: cus_b; of cus_b, cus_9TSLDKbqG2iKgK'),
    ],
    [
      'finishes if the record holds both customers of the lead',
      factsFrom(leadCreated(january), trialStarted(february, payer), paid(march, 'cus_b')),
      observed({ ...merged, ids: [...merged.ids, billingId('cus_b')] }, { pinnedPayer: payer }),
      finish,
    ],
    [
      'looks up another customer that an operator confirmed',
      confirmSamePerson(factsFrom(leadCreated(january), trialStarted(february, payer), paid(march, 'cus_b')), 'cus_b'),
      observed(merged, { pinnedPayer: payer }),
      { do: 'findPayingCustomer', billingCustomerId: 'cus_b' },
    ],
    [
      'looks up another customer by the setting of the account',
      factsFrom(leadCreated(january), trialStarted(february, payer), paid(march, 'cus_b')),
      observed({ ...merged, mergesCustomers: true }, { pinnedPayer: payer }),
      { do: 'findPayingCustomer', billingCustomerId: 'cus_b' },
    ],
    [
      'never merges another customer that is merged with another lead',
      confirmSamePerson(factsFrom(leadCreated(january), paid(march), paid(march, 'cus_b')), 'cus_b'),
      observed(merged, {
        pinnedPayer: payer,
        payer: { billingCustomerId: 'cus_b', record: recordOf('b', [billingId('cus_b'), leadsId('lead_2')]) },
      }),
      severalCustomers('cus_b is merged with lead_2'),
    ],
    [
      "waits for the pinned payer's payment in a run that began before several customers were counted",
      {
        ...factsFrom(leadCreated(january), trialStarted(february), paid(march, 'cus_b')),
        without: { 'several-customers': true },
      },
      observed(merged, { pinnedPayer: payer }),
      waitForPayment,
    ],
    [
      'finishes if another lead and another source share the record with the payer',
      withPayment,
      observed(
        recordOf('payer_uuid', [leadsId('lead_2'), billingId('cus_b'), otherId('x'), billingId(), leadsId()], dates),
      ),
      finish,
    ],
  ]);
});

describe('all customers in one source: the next step', () => {
  const paidBySelf = factsFrom(leadCreated(january), trialStarted(february), paidByLead(march));
  table([
    ['waits for the payment of a dated record', known, observed(inOneSource), waitForNews],
    ['dates a record imported long ago', known, observed(recordOf('lead_uuid', [bothId()])), write('lead_uuid', dates)],
    ['finishes when dated and paid, without a merge', paidBySelf, observed(inOneSource), finish],
    [
      'does not merge with another customer of the same source',
      withPayment,
      observed(inOneSource, found),
      elsewhere('both cus_0001'),
    ],
  ]);
});

describe('an unrelated record must not be written: the next step', () => {
  const strangers = recordOf('s', [billingId('cus_b'), leadsId()], dates);
  table([
    ['raises attention for another payer in the record', withPayment, observed(strangers), elsewhere('billing cus_b')],
    [
      'raises attention for another lead in the record',
      known,
      observed(recordOf('s', [leadsId('lead_2'), leadsId()], dates)),
      elsewhere('leads lead_2'),
    ],
    [
      'raises attention for another source in the record',
      withPayment,
      observed(recordOf('s', [leadsId(), otherId('x_1')], dates)),
      elsewhere('other x_1'),
    ],
    [
      'withholds ids that are e-mail addresses',
      known,
      observed(recordOf('s', [leadsId(), otherId('adam@example.com'), otherId('x_1')], dates)),
      elsewhere('other (withheld), other x_1'),
    ],
    [
      'lists at most ten ids',
      known,
      observed(recordOf('s', [leadsId(), ...Array.from({ length: 12 }, (_, index) => otherId(`x${index}`))])),
      elsewhere(Array.from({ length: 10 }, (_, index) => `other x${index}`).join(', ')),
    ],
    [
      'raises attention for a merged record that needs other dates, while the payment is unknown',
      factsFrom(leadCreated('2015-01-01T00:00:00Z')),
      observed(merged),
      elsewhere(`billing ${payer}`),
    ],
    ['finishes a restarted journey without the payment', known, observed(merged), finish],
    ['finishes it if only the id is known', noFacts, observed(merged), finish],
    [
      'does not finish it if the record has no payer',
      known,
      observed(recordOf('s', [leadsId(), leadsId('lead_2')], dates)),
      elsewhere('leads lead_2'),
    ],
    ['continues once the payment names the payer in the record', withPayment, observed(merged), finish],
    [
      'continues once an operator names the payer in the record',
      relinkFacts(known, payer, 'n'),
      observed(merged),
      waitForPayment,
    ],
    [
      'raises attention if the lead is in the record of a payer other than the pinned one',
      factsFrom(leadCreated(january), trialStarted(february), paid(march, 'cus_b')),
      observed(strangers, { pinnedPayer: payer }),
      elsewhere('billing cus_b'),
    ],
  ]);
});
