import fc from 'fast-check';
import type { FunnelDates } from '../../src/domain/journey/dates.js';
import { correctFacts, type Facts, relinkFacts } from '../../src/domain/journey/facts.js';
import { formatInstant, type Instant } from '../../src/domain/journey/instant.js';
import type { CustomerRecord, SourceId } from '../../src/domain/journey/records.js';
import type { Profile, Report } from '../../src/domain/journey/reports.js';
import type { Rules } from './simulated-account.js';
import { factsFrom, leadId, payer } from './situations.js';

/** Few values, so that ties and repetitions are common. */
export const instants: fc.Arbitrary<Instant> = fc
  .integer({ min: 0, max: 9 })
  .map((day) => formatInstant(new Date(Date.UTC(2016, 0, 1 + day))));

export const billingCustomerIds = fc.constantFrom('cus_a', 'cus_b', 'cus_c', leadId);

const profiles: fc.Arbitrary<Profile> = fc.record(
  { name: fc.constantFrom('Ada', 'Bob'), city: fc.constantFrom('Bonn', 'Cork'), country: fc.constantFrom('DE', 'IE') },
  { requiredKeys: [] },
);

/** An optional key is set or absent, never undefined, as in JSON. */
function given<Key extends string, Value>(key: Key, value: Value | undefined): { [key in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [key in Key]?: Value }); // a computed key widens to string
}

export const reports: fc.Arbitrary<Report> = fc
  .record({
    kind: fc.constantFrom('leadCreated' as const, 'trialStarted' as const, 'paymentSucceeded' as const),
    occurredAt: instants,
    profile: fc.option(profiles, { nil: undefined }),
    billingCustomerId: fc.option(billingCustomerIds, { nil: undefined }),
  })
  .map(({ kind, occurredAt, profile, billingCustomerId }) => {
    const base = { occurredAt, ...given('profile', profile) };
    if (kind === 'leadCreated') return { kind, ...base };
    return { kind, ...base, ...given('billingCustomerId', billingCustomerId) };
  });

export const reportedFacts: fc.Arbitrary<Facts> = fc.array(reports, { maxLength: 8 }).map((all) => factsFrom(...all));

/** Facts with an operator's changes. */
export const anyFacts: fc.Arbitrary<Facts> = fc
  .record({
    facts: reportedFacts,
    lead: fc.option(instants),
    trial: fc.option(instants),
    paid: fc.option(instants),
    relinked: fc.option(billingCustomerIds),
  })
  .map(({ facts, lead, trial, paid, relinked }) => {
    let known = facts;
    if (lead !== null) known = correctFacts(known, 'leadCreatedAt', { to: lead, note: 'typing error' });
    if (trial !== null) known = correctFacts(known, 'trialStartedAt', { to: trial, note: 'typing error' });
    if (paid !== null) known = correctFacts(known, 'paidAt', { to: paid, note: 'typing error' });
    return relinked === null ? known : relinkFacts(known, relinked, 'wrong customer');
  });

export const funnelDates: fc.Arbitrary<FunnelDates> = fc.record(
  { leadCreatedAt: instants, freeTrialStartedAt: instants },
  { requiredKeys: [] },
);

const sourceIds: fc.Arbitrary<SourceId> = fc.oneof(
  billingCustomerIds.map((externalId): SourceId => ({ source: 'billing', externalId })),
  fc.constantFrom('lead_2', 'lead_3').map((externalId): SourceId => ({ source: 'leads', externalId })),
  fc.constantFrom('x_1', 'x_2').map((externalId): SourceId => ({ source: 'other', externalId })),
);

/** A record that holds the lead, alone or with other ids. */
export const leadRecords: fc.Arbitrary<CustomerRecord> = fc
  .record({ others: fc.array(sourceIds, { maxLength: 3 }), dates: funnelDates, isSubscriber: fc.boolean() })
  .map(({ others, dates, isSubscriber }) => ({
    uuid: 'cus_uuid_lead',
    ids: [...others, { source: 'leads' as const, externalId: leadId }],
    ...dates,
    isSubscriber,
  }));

/** Possible behaviour of ChartMogul. */
export const chartMogulRules: fc.Arbitrary<Rules> = fc.record({
  mergeDates: fc.constantFrom('primary', 'primary, else secondary', 'earliest'),
  findsMergedIds: fc.boolean(),
  secondMerge: fc.constantFrom(202, 404, 422),
  readsUntilMerged: fc.integer({ min: 1, max: 5 }),
  lostAnswers: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }),
});

/** A report about this lead; trials may run in the billing system. */
export const ownReports = fc
  .record({ kind: fc.constantFrom('lead', 'trial', 'billing trial', 'payment'), occurredAt: instants })
  .map(({ kind, occurredAt }): Report => {
    if (kind === 'lead') return { kind: 'leadCreated', occurredAt };
    if (kind === 'trial') return { kind: 'trialStarted', occurredAt };
    if (kind === 'billing trial') return { kind: 'trialStarted', occurredAt, billingCustomerId: payer };
    return { kind: 'paymentSucceeded', occurredAt, billingCustomerId: payer };
  });
