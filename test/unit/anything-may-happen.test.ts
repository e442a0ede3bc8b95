import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  correctFacts,
  isConfirmed,
  payerId,
  reinstateFacts,
  relinkFacts,
  withdrawFacts,
} from '../../src/domain/journey/facts.js';
import {
  type CustomerRecord,
  holdsAnyPayer,
  holdsPayer,
  idsBeside,
  type SourceId,
} from '../../src/domain/journey/records.js';
import type { Report } from '../../src/domain/journey/reports.js';
import { runs } from '../support/runs.js';
import { chartMogulRules, instants, ownReports } from './arbitraries.js';
import { type Rules, SimulatedAccount, type Write } from './simulated-account.js';
import { SimulatedJourney } from './simulated-journey.js';
import { billingId, leadId, leadsId, otherId, payer } from './situations.js';

const stranger = 'cus_stranger';

/** A lead, its payer, unrelated customers, and people who change the records arbitrarily. */
class Muddle {
  readonly account: SimulatedAccount;
  readonly journey: SimulatedJourney;
  private readonly otherLead: CustomerRecord;
  private readonly shown = new Map<string, CustomerRecord>();
  private isStrangerInLead = false;

  constructor(rules: Rules) {
    this.account = new SimulatedAccount(rules);
    this.journey = new SimulatedJourney(this.account, leadId);
    this.otherLead = this.account.add([leadsId('lead_2'), otherId('x_2')]);
  }

  readonly happenings = {
    'the payer shows': () => this.show(payer),
    'the stranger shows': () => this.show(stranger),
    'a person merges the lead into the payer': () => this.merge(this.lead, this.shown.get(payer)),
    'a person merges the lead into the stranger': () => this.merge(this.lead, this.shown.get(stranger)),
    'a person merges the lead into another lead': () => this.merge(this.lead, this.otherLead),
    'a person merges the payer into the stranger': () => this.merge(this.shown.get(payer), this.shown.get(stranger)),
    'a person merges the stranger into the lead': () => {
      this.isStrangerInLead = true;
      this.merge(this.shown.get(stranger), this.lead);
    },
    'a person deletes the lead': () => this.delete(this.lead),
    'a person deletes the payer': () => this.delete(this.shown.get(payer)),
    'pending merges show': () => this.account.letTimePass(),
    'the slow lane tries': () => this.journey.retry(),
    'an operator has the lead made again': () => this.journey.retry({ recreate: true }),
    'an operator names the stranger': () => this.relink(stranger),
    'an operator names the payer': () => this.relink(payer),
    'the payer is linked to another lead': () => this.withdraw(payer),
    'the stranger is linked to another lead': () => this.withdraw(stranger),
    'the payer is linked back': () => {
      this.journey.facts = reinstateFacts(this.journey.facts, payer);
    },
  };

  correct(to: string): void {
    this.journey.facts = correctFacts(this.journey.facts, 'leadCreatedAt', { to, note: 'typing error' });
  }

  /** Invariants of every write, based on the record's actual content at that moment. */
  mayBeWritten({ kind, ids }: Write): void {
    const record = { uuid: '', ids, isSubscriber: false };
    const isConfirmedPerson = record.ids
      .filter(isBilling)
      .every(({ externalId }) => isConfirmed(this.journey.facts, externalId));
    if (kind === 'merge') assert.ok(!holdsAnyPayer(record) || isConfirmedPerson, 'two payers were merged');
    // If a person merged another customer *into* the lead's record meanwhile, the PATCH's answer shows it.
    if (kind !== 'patch' || this.isStrangerInLead) return;
    const own = payerId(this.journey.facts, this.journey.observed.pinnedPayer);
    const isOurs = idsBeside(record, leadId).length === 0 || (own !== undefined && holdsPayer(record, own));
    assert.ok(isOurs, "a stranger's record was written");
  }

  private get lead(): CustomerRecord | undefined {
    return this.account.recordOf(leadId);
  }

  private show(id: string): void {
    if (!this.account.findPayer(id)) this.shown.set(id, this.account.add([billingId(id)]));
  }

  private merge(from: CustomerRecord | undefined, into: CustomerRecord | undefined): void {
    if (from && into) this.account.mergeNow(from, into);
  }

  private delete(record: CustomerRecord | undefined): void {
    if (record) this.account.delete(record);
  }

  private relink(id: string): void {
    const { journey } = this;
    if (journey.observed.pinnedPayer === undefined) journey.facts = relinkFacts(journey.facts, id, 'wrong customer');
  }

  private withdraw(billingCustomerId: string): void {
    const { journey } = this;
    if (journey.observed.pinnedPayer === billingCustomerId) return; // refused
    journey.facts = withdrawFacts(journey.facts, { billingCustomerId, note: 'another lead' });
  }
}

function isBilling({ source }: SourceId): boolean {
  return source === 'billing' || source === 'both';
}

type Happening = keyof Muddle['happenings'] | Report | { readonly correctTo: string };
const names = Object.keys(
  new Muddle({
    mergeDates: 'primary',
    findsMergedIds: true,
    secondMerge: 404,
    readsUntilMerged: 1,
    lostAnswers: [],
  }).happenings,
) as (keyof Muddle['happenings'])[]; // Object.keys loses the keys' type

describe('a journey with random events', () => {
  const happenings: fc.Arbitrary<Happening> = fc.oneof(
    { weight: 4, arbitrary: ownReports },
    { weight: 6, arbitrary: fc.constantFrom(...names) },
    instants.map((occurredAt): Report => ({ kind: 'paymentSucceeded', occurredAt, billingCustomerId: stranger })),
    instants.map((correctTo) => ({ correctTo })),
  );

  it('always finishes or waits, never writes to unrelated records, and never merges two payers', () => {
    fc.assert(
      fc.property(chartMogulRules, fc.array(happenings, { minLength: 1, maxLength: 14 }), (rules, story) => {
        const muddle = new Muddle(rules);
        const { account, journey } = muddle;

        for (const happens of story) {
          const writes = account.writes.length;
          if (typeof happens === 'string') muddle.happenings[happens]();
          else if ('kind' in happens) journey.report(happens);
          else muddle.correct(happens.correctTo);

          const ending = journey.run(); // fails if it runs for too long

          assert.ok(['finish', 'wait', 'raise-attention'].includes(ending.do));
          for (const write of account.writes.slice(writes)) muddle.mayBeWritten(write);
        }
      }),
      { numRuns: runs(300) },
    );
  });
});
