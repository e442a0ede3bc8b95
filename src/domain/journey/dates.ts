import { type Facts, joinFacts, leadDate, noFacts, trialDate } from './facts.js';
import { earliest, type Instant } from './instant.js';
import { type CustomerRecord, holdsOtherLeads, idsBeside } from './records.js';

/** The two dates of a ChartMogul customer that the lead charts are made of. */
export interface FunnelDates {
  readonly leadCreatedAt?: Instant;
  readonly freeTrialStartedAt?: Instant;
}

/**
 * The dates that a record holding the lead must carry: the earliest of what was reported and what already stands there.
 *
 * What stands there counts, because it may come from another lead of the same payer, from the billing system, or from an
 * earlier run of this journey. Only an operator's correction moves a date later, and only where no other lead's date could
 * be meant.
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
 * Takes earlier dates that stand on the lead's own record as reported: an import long ago or another run wrote them, and
 * the merge is about to lose them.
 */
export function adoptDates(facts: Facts, record: CustomerRecord, leadId: string): Facts {
  if (idsBeside(record, leadId).length > 0) return facts;
  // A lead date that only copies the trial follows from the trial, and has to move with it.
  const isCopy = record.leadCreatedAt === record.freeTrialStartedAt;
  const lead = isCopy ? undefined : earlierThan(leadDate(facts), record.leadCreatedAt);
  const trial = earlierThan(trialDate(facts), record.freeTrialStartedAt);
  return joinFacts(facts, {
    ...noFacts,
    ...(lead !== undefined && { leadCreatedAt: lead }),
    ...(trial !== undefined && { trialStartedAt: trial }),
  });
}

/** The dates that were reported, for a record that is yet to be made. */
export function reportedDates(facts: Facts): FunnelDates {
  return funnelDates(leadDate(facts), trialDate(facts));
}

/** The earlier one of each date. */
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
 * The lead date that stands on the record, unless it is only the copy of a trial date which an operator has since
 * corrected: ChartMogul and we both fill an empty lead date from the trial.
 */
function leadBefore(record: CustomerRecord, facts: Facts, mayCorrect: boolean): Instant | undefined {
  const isCopyOfWrongTrial =
    mayCorrect && facts.corrections.trialStartedAt && record.leadCreatedAt === record.freeTrialStartedAt;
  return isCopyOfWrongTrial ? undefined : record.leadCreatedAt;
}
