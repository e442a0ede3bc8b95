import { type Facts, joinFacts, leadDate, noFacts, trialDate } from './facts.js';
import { earliest, type Instant } from './instant.js';
import { type CustomerRecord, holdsOtherLeads, idsBeside } from './records.js';

/** The two dates of a ChartMogul customer that the lead charts use. */
export interface FunnelDates {
  readonly leadCreatedAt?: Instant;
  readonly freeTrialStartedAt?: Instant;
}

/**
 * The dates that a record with this lead must have: the earliest of the reported dates and the dates on the record.
 *
 * The dates on the record count because they may come from another lead of the same payer, from the billing system, or
 * from an earlier run of this journey. Only an operator's correction moves a date later, and only if the record holds
 * no other lead.
 */
export function datesFor(record: CustomerRecord, facts: Facts, leadId: string): FunnelDates {
  const mayCorrect = !holdsOtherLeads(record, leadId);
  const { corrections } = facts;

  const trial =
    corrections.trialStartedAt && mayCorrect
      ? corrections.trialStartedAt.to
      : earliest(trialDate(facts), record.freeTrialStartedAt);
  const lead =
    corrections.leadCreatedAt && mayCorrect
      ? corrections.leadCreatedAt.to
      : earliest(leadDate(facts), leadBefore(record, facts, mayCorrect), trial);

  return funnelDates(lead, trial);
}

/**
 * Adopts earlier dates from the lead's own record as if they were reported. An old import or another run wrote them,
 * and the merge would lose them.
 */
export function adoptDates(facts: Facts, record: CustomerRecord, leadId: string): Facts {
  if (idsBeside(record, leadId).length > 0) return facts;
  // A lead date that is a copy of the trial date is derived from it, and must change with it.
  const isCopy = record.leadCreatedAt === record.freeTrialStartedAt;
  const lead = isCopy ? undefined : earlierThan(leadDate(facts), record.leadCreatedAt);
  const trial = earlierThan(trialDate(facts), record.freeTrialStartedAt);
  return joinFacts(facts, {
    ...noFacts,
    ...(lead !== undefined && { leadCreatedAt: lead }),
    ...(trial !== undefined && { trialStartedAt: trial }),
  });
}

/** The reported dates, for a new record. */
export function reportedDates(facts: Facts): FunnelDates {
  return funnelDates(leadDate(facts), trialDate(facts));
}

/** The earlier value of each date. */
export function earliestDates(one: FunnelDates, other: FunnelDates): FunnelDates {
  return funnelDates(
    earliest(one.leadCreatedAt, other.leadCreatedAt),
    earliest(one.freeTrialStartedAt, other.freeTrialStartedAt),
  );
}

export function datesAgree(record: FunnelDates, dates: FunnelDates): boolean {
  return record.leadCreatedAt === dates.leadCreatedAt && record.freeTrialStartedAt === dates.freeTrialStartedAt;
}

function earlierThan(known: Instant | undefined, seen: Instant | undefined): Instant | undefined {
  return seen !== undefined && (known === undefined || seen < known) ? seen : undefined;
}

function funnelDates(lead: Instant | undefined, trial: Instant | undefined): FunnelDates {
  return {
    ...(lead !== undefined && { leadCreatedAt: lead }),
    ...(trial !== undefined && { freeTrialStartedAt: trial }),
  };
}

/**
 * The lead date on the record, unless it is a copy of a trial date that an operator has since corrected. ChartMogul and
 * this code both set an empty lead date to the trial date.
 */
function leadBefore(record: CustomerRecord, facts: Facts, mayCorrect: boolean): Instant | undefined {
  const isCopyOfWrongTrial =
    mayCorrect && facts.corrections.trialStartedAt && record.leadCreatedAt === record.freeTrialStartedAt;
  return isCopyOfWrongTrial ? undefined : record.leadCreatedAt;
}
