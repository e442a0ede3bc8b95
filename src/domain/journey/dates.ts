import { type Correction, type Facts, joinFacts, leadDate, noFacts, type RecordDates, trialDate } from './facts.js';
import { earliest, type Instant } from './instant.js';
import { type CustomerRecord, holdsOtherLeads, idsBeside } from './records.js';

/** The two dates of a ChartMogul customer that the lead charts use. */
export type FunnelDates = RecordDates;

/**
 * The dates that a record with this lead must have: the earliest of the journey's own dates and the dates on the record
 * that may count. See the table in docs/journey.md, "Dates".
 *
 * Own dates are those that were reported, corrected, on the lead's record before the merge, or on the paying customer's
 * record before the merge. An earlier date on the record counts while the record holds another lead, which may have set
 * it. Only an operator's correction moves a date later, and only if the record holds no other lead.
 */
export function datesFor(record: CustomerRecord, facts: Facts, leadId: string): FunnelDates {
  const { trial, lead } = judgeDates(record, facts, leadId);
  return funnelDates(lead.wanted, trial.wanted);
}

/** The dates on the merged record that are earlier than the journey's own, although nothing known explains them. */
export function foreignDates(record: CustomerRecord, facts: Facts, leadId: string): FunnelDates {
  const { trial, lead } = judgeDates(record, facts, leadId);
  const foreign = ({ wanted, isForeign }: JudgedDate) => (isForeign ? wanted : undefined);
  return funnelDates(foreign(lead), foreign(trial));
}

/** Whether the rules for foreign dates matter for a record: a date is foreign, or is replaced because it would be. */
export function isContested(record: CustomerRecord, facts: Facts, leadId: string): boolean {
  const kept = datesFor({ ...record, foreignDates: 'keep' }, withoutOtherLeads(facts), leadId);
  return hasForeignDate(record, facts, leadId) || !datesAgree(datesFor(record, facts, leadId), kept);
}

export function withoutOtherLeads({ otherLeads, ...facts }: Facts): Facts {
  return facts;
}

export function hasForeignDate(record: CustomerRecord, facts: Facts, leadId: string): boolean {
  return Object.keys(foreignDates(record, facts, leadId)).length > 0;
}

/** The dates of a shared record that are earlier than this lead's own, because another lead in it has them. */
export function datesOfOtherLeads(record: CustomerRecord, facts: Facts, leadId: string): FunnelDates {
  if (!holdsOtherLeads(record, leadId)) return {};
  const { trial, lead } = judgeDates(record, facts, leadId);
  const theirs = ({ own, wanted }: JudgedDate) => (own !== undefined && wanted !== own ? wanted : undefined);
  return funnelDates(theirs(lead), theirs(trial));
}

/** Dates to write to a record: null clears one. */
export interface DatesToWrite {
  readonly leadCreatedAt: Instant | null;
  readonly freeTrialStartedAt: Instant | null;
}

interface JudgedDate {
  /** What this journey knows by itself. */
  readonly own: Instant | undefined;
  /** What the record must have. */
  readonly wanted: Instant | undefined;
  /** `wanted` is the record's date, although nothing explains it. */
  readonly isForeign?: boolean;
}

function judgeDates(record: CustomerRecord, facts: Facts, leadId: string): Record<'trial' | 'lead', JudgedDate> {
  const corrections = holdsOtherLeads(record, leadId) ? {} : facts.corrections;
  const { payerDates = {} } = facts;
  const judge = judgeFor(record, facts, leadId);

  const trial = corrections.trialStartedAt
    ? corrected(corrections.trialStartedAt)
    : judge(trialDate(facts), record.freeTrialStartedAt, { explained: payerDates.freeTrialStartedAt, isTrial: true });
  // ChartMogul and this code both set an empty lead date to the trial date. A copy of a wrong trial date is wrong too.
  const leadOf = ({ leadCreatedAt, freeTrialStartedAt }: FunnelDates) =>
    corrections.trialStartedAt && leadCreatedAt === freeTrialStartedAt ? undefined : leadCreatedAt;
  const lead = corrections.leadCreatedAt
    ? corrected(corrections.leadCreatedAt)
    : judge(leadDate(facts), leadOf(record), { explained: earliest(leadOf(payerDates), explainedTrial(trial)) });
  // A person who starts a trial is a lead. A trial that a merged record left behind is another lead's.
  const dating = record.isUnmerged ? explainedTrial(trial) : trial.wanted;
  return { trial, lead: { ...lead, wanted: earliest(lead.wanted, dating) } };
}

function explainedTrial({ wanted, isForeign }: JudgedDate): Instant | undefined {
  return isForeign ? undefined : wanted;
}

function corrected({ to }: Correction): JudgedDate {
  return { own: to, wanted: to };
}

/** Decides between the journey's own date and the one on the record: one row of the table in docs/journey.md. */
function judgeFor(record: CustomerRecord, facts: Facts, leadId: string) {
  const isMerged = idsBeside(record, leadId).length > 0;
  const isShared = holdsOtherLeads(record, leadId);
  // A lead that was unmerged from the record left its dates behind.
  const isLeftBehind = !isShared && facts.otherLeads !== undefined;
  const { foreignDates: rule = 'ask' } = record;

  /** @param explained the earliest date that is known from elsewhere: the paying customer's record before the merge */
  return (
    own: Instant | undefined,
    standing: Instant | undefined,
    { explained, isTrial = false }: { readonly explained: Instant | undefined; readonly isTrial?: boolean },
  ): JudgedDate => {
    if (standing === undefined || (own !== undefined && standing >= own)) return { own, wanted: own };
    const kept = { own, wanted: standing };
    if (record.isUnmerged) {
      if (own !== undefined) return { own, wanted: own };
      return rule === 'keep' ? kept : { ...kept, isForeign: true };
    }
    const isExplained = explained !== undefined && standing >= explained;
    const isUncontested = own === undefined && !isLeftBehind;
    if (!isMerged || isShared || isExplained || isUncontested) return kept;
    const known = earliest(own, explained);
    // ChartMogul has no documented way to clear a date.
    if (known === undefined) return rule === 'keep' ? kept : { ...kept, isForeign: true };
    if (isLeftBehind || rule === 'replace') return { own, wanted: known };
    const isSameTrial = isTrial && Date.parse(known) - Date.parse(standing) < sameTrialMs;
    return isSameTrial || rule === 'keep' ? kept : { ...kept, isForeign: true };
  };
}

/** The billing system and the application may date one trial differently, by seconds or by a time zone. */
const sameTrialMs = 24 * 60 * 60 * 1000;

/**
 * Adopts earlier dates from the lead's own record as if they were reported. An old import or another run wrote them,
 * and the merge would lose them. The dates on a record that was unmerged come from the merged one.
 */
export function adoptDates(facts: Facts, record: CustomerRecord, leadId: string): Facts {
  if (record.isUnmerged || idsBeside(record, leadId).length > 0) return facts;
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

/** Whether a record that holds only this lead has earlier dates than the journey knows. */
export function hasUnknownDates(facts: Facts, record: CustomerRecord, leadId: string): boolean {
  return !datesAgree(reportedDates(adoptDates(facts, record, leadId)), reportedDates(facts));
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

/** Dates for people, or an empty string. */
export function datesText({ leadCreatedAt, freeTrialStartedAt }: FunnelDates): string {
  return [
    ...(leadCreatedAt === undefined ? [] : [`lead date ${leadCreatedAt}`]),
    ...(freeTrialStartedAt === undefined ? [] : [`trial date ${freeTrialStartedAt}`]),
  ].join(' and ');
}

function earlierThan(known: Instant | undefined, seen: Instant | undefined): Instant | undefined {
  return seen !== undefined && (known === undefined || seen < known) ? seen : undefined;
}

export function funnelDates(lead: Instant | undefined, trial: Instant | undefined): FunnelDates {
  return {
    ...(lead !== undefined && { leadCreatedAt: lead }),
    ...(trial !== undefined && { freeTrialStartedAt: trial }),
  };
}
