import { earliest, type Instant } from '../../src/domain/journey/instant.js';
import { withChange } from './changes.js';
import type { Random } from './random.js';
import {
  type Dates,
  type Fact,
  instantAfter,
  type LeadStory,
  newStory,
  type Payer,
  type StoryName,
} from './stories.js';

/** One lead, its events, and its expected end. */
export interface PlannedLead extends LeadStory {
  readonly leadId: string;
  /** When its first report is due, as a fraction of the drill's fault period. */
  readonly startsAt: number;
  /** Its reports in sending order: shuffled, some repeated, some with later dates. */
  readonly facts: readonly Fact[];
}

/** The expected final record in ChartMogul. */
export interface TrueRecord {
  /** Of all sources, sorted. */
  readonly ids: readonly string[];
  readonly lead: Instant | undefined;
  readonly trial: Instant | undefined;
  /** What ChartMogul shows instead of the true dates, because a person set them. */
  readonly shown?: Dates;
}

const weights: Record<StoryName, number> = {
  'trial and payment': 40,
  'no trial': 10,
  'trial in the billing system': 14,
  'two customers': 6,
  'second lead of a payer': 6,
  'imported before': 8,
  'never pays': 7,
  'payer never appears': 5,
  'lead never reported': 4,
  'merged with a stranger': 6,
  'linked wrongly': 12,
};

/** Creates leads. The same random numbers produce the same leads. */
export function planLeads(count: number, random: Random): PlannedLead[] {
  const leads: PlannedLead[] = [];
  for (let number = 1; number <= count; number += 1) {
    const name = random.weighted(weights);
    const partner = leads.findLast(({ story }) => story === 'trial and payment');
    const story = newStory(name, number, random, partner);
    const startsAt = random.next() * 0.7;
    leads.push({ ...story, leadId: `lead_${number}`, startsAt, facts: sent(story, random) });
  }
  return groupsOf(leads).flatMap((group, index) => withChange(group, index + 1, random));
}

/** The leads of one payer are a group. */
export function groupsOf<Lead extends LeadStory>(leads: readonly Lead[]): Lead[][] {
  const groups = new Map<unknown, Lead[]>();
  for (const lead of leads) {
    const key = lead.reports.find(({ kind }) => kind === 'paymentSucceeded')?.billingCustomerId ?? lead;
    groups.set(key, [...(groups.get(key) ?? []), lead]);
  }
  return [...groups.values()];
}

/** All expected records; there must be no others. */
export function trueRecords(leads: readonly PlannedLead[]): TrueRecord[] {
  const records = new Map<string, TrueRecord>();
  for (const lead of leads) {
    for (const record of recordsOf(lead)) {
      // Leads of the same payer end in one record with the earliest dates.
      const isPayers = isMerged(lead) && !record.ids.includes(lead.wrongPayer?.externalId ?? '');
      const key = isPayers ? lead.payer?.externalId : undefined;
      const before = key === undefined ? undefined : records.get(key);
      records.set(key ?? record.ids.join(), before ? united(before, record) : record);
    }
  }
  return [...records.values()];
}

function isMerged({ ending }: LeadStory): boolean {
  return ending === 'proven' || ending === 'foreign-date';
}

function united(one: TrueRecord, other: TrueRecord): TrueRecord {
  const shown = one.shown || other.shown ? { shown: earlierOf(one.shown ?? one, other.shown ?? other) } : {};
  return { ids: [...new Set([...one.ids, ...other.ids])].sort(), ...earlierOf(one, other), ...shown };
}

function earlierOf(one: Dates, other: Dates): Dates {
  return { lead: earliest(one.lead, other.lead), trial: earliest(one.trial, other.trial) };
}

function recordsOf(lead: PlannedLead): TrueRecord[] {
  const { leadId, dates, shown, payer, otherPayer, wrongPayer, stranger, ending } = lead;
  // A payer as the billing integration creates it: the trial also sets the lead date.
  const alone = (customer: Payer | undefined) =>
    customer?.shows
      ? [{ ids: [customer.externalId], lead: customer.trialStartedAt, trial: customer.trialStartedAt }]
      : [];
  const payerAlone = alone(payer);
  const ids = (others: readonly string[]) => [leadId, ...others].sort();
  switch (ending) {
    case 'proven':
    case 'foreign-date': {
      const payers = [payer, otherPayer].flatMap((customer) => customer?.externalId ?? []);
      return [{ ids: ids(payers), ...dates, ...(shown && { shown }) }, ...alone(wrongPayer)];
    }
    case 'merged-elsewhere':
      return [
        {
          ids: ids(stranger ? [stranger.externalId] : []),
          lead: stranger?.trialStartedAt,
          trial: stranger?.trialStartedAt,
        },
        ...payerAlone,
      ];
    case 'payment-without-lead':
      return payerAlone;
    default:
      return [{ ids: [leadId], ...dates }, ...payerAlone, ...alone(wrongPayer)];
  }
}

/** What an application sends: every report at least once, some twice, some again with a later date, in any order. */
function sent({ reports }: LeadStory, random: Random): Fact[] {
  const repeated = reports.filter(() => random.chance(0.4));
  const later = reports
    .filter(() => random.chance(0.25))
    .map((fact) => ({ ...fact, occurredAt: instantAfter(fact.occurredAt, random.whole(1, 20)) }));
  return random.shuffled([...reports, ...repeated, ...later]);
}
