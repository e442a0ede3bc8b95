import type { AttentionCode } from '../../src/domain/journey/attention.js';
import { formatInstant, type Instant } from '../../src/domain/journey/instant.js';
import type { ReportKind } from '../../src/domain/journey/reports.js';
import type { Random } from './random.js';

/** A report that an application sends. */
export interface Fact {
  readonly kind: ReportKind;
  readonly occurredAt: Instant;
  readonly billingCustomerId?: string;
}

/** The expected final state of a journey: ended, open with nothing to do, or in need of attention for a reason. */
export type Ending = 'proven' | 'open' | AttentionCode;

export type StoryName =
  | 'trial and payment'
  | 'no trial'
  | 'trial in the billing system'
  | 'two customers'
  | 'second lead of a payer'
  | 'imported before'
  | 'never pays'
  | 'payer never appears'
  | 'lead never reported'
  | 'merged with a stranger'
  | 'linked wrongly';

/** The dates of a lead or a record. */
export interface Dates {
  readonly lead: Instant | undefined;
  readonly trial: Instant | undefined;
}

/** What people do after a journey was proven. */
export type Change =
  /** An operator corrects a date. The journey starts again and ends proven. */
  | { readonly kind: 'corrected'; readonly date: 'leadCreatedAt' | 'trialStartedAt'; readonly to: Instant }
  /** A person unmerges the lead from its record, and an operator retries all leads of the payer. */
  | { readonly kind: 'unmerged' }
  /** An operator unmerges the lead from a shared record, and links it to its own customer. */
  | { readonly kind: 'unmerged and relinked'; readonly to: string }
  /** An operator unmerges the lead from a wrong customer, at a random moment of its journey. */
  | { readonly kind: 'taken back' }
  /** The same, and then the operator links the lead to its own customer. */
  | { readonly kind: 'taken back and relinked'; readonly to: string }
  /** A person sets a date in ChartMogul, and an operator retries the journey. */
  | {
      readonly kind: 'dated later' | 'dated earlier' | 'dated earlier, then corrected';
      readonly dates: Partial<Dates>;
    };

export type ChangeKind = Change['kind'];

/** A customer of the billing system. */
export interface Payer {
  readonly externalId: string;
  /** Whether ChartMogul's integration ever imports it. */
  readonly shows: boolean;
  readonly trialStartedAt?: Instant;
  readonly paidAt?: Instant;
  /** It appears at the n-th lookup; 0: some seconds after the payment. */
  readonly afterLookups: number;
}

/** What happens to a lead, and how its journey must end. */
export interface LeadStory {
  readonly story: StoryName;
  readonly reports: readonly Fact[];
  /** The true dates: the corrected ones, the earliest reported ones, or those that were already in ChartMogul. */
  readonly dates: Dates;
  /** The dates that ChartMogul shows instead, because a person set them. The journey must say so. */
  readonly shown?: Dates;
  readonly payer?: Payer;
  /** Another customer of the lead. The operator merges it too. */
  readonly otherPayer?: Payer;
  /** A customer of somebody else, for which the payment was reported by mistake. */
  readonly wrongPayer?: Payer;
  /** What people do after the journey was proven; a wrong link is taken back at any moment. */
  readonly change?: Change;
  /** The lead's record was in ChartMogul before the drill, with this date. */
  readonly importedAt?: Instant;
  /** A person merged the imported record into this one, which does not belong to a journey. */
  readonly stranger?: Payer;
  readonly ending: Ending;
}

const firstDay = Date.parse('2016-01-01T00:00:00Z');
const dayMs = 86_400_000;

/** Creates a lead of one kind. Its payer may be that of the partner. */
export function newStory(story: StoryName, number: number, random: Random, partner?: LeadStory): LeadStory {
  const lead = formatInstant(new Date(firstDay + random.whole(0, 300 * 86_400) * 1000));
  const trial = instantAfter(lead, random.whole(0, 40));
  const paidAt = instantAfter(trial, random.whole(1, 60));
  const externalId = `cus_${number}`;
  const afterLookups = random.chance(0.3) ? random.whole(1, 2) : 0;
  const payer: Payer = { externalId, shows: true, paidAt, afterLookups };
  // No journey looks up this payer.
  const unsought: Payer = { ...payer, afterLookups: 0 };

  const leadReport: Fact = { kind: 'leadCreated', occurredAt: lead };
  const trialReport: Fact = { kind: 'trialStarted', occurredAt: trial };
  const paymentReport: Fact = { kind: 'paymentSucceeded', occurredAt: paidAt, billingCustomerId: externalId };
  const reports = [leadReport, trialReport, paymentReport] as const;
  const dates = { lead, trial };

  switch (story) {
    case 'trial and payment':
      return { story, reports, dates, payer: { ...payer, trialStartedAt: trial }, ending: 'proven' };
    case 'no trial':
      return {
        story,
        reports: [leadReport, paymentReport],
        dates: { lead, trial: undefined },
        payer,
        ending: 'proven',
      };
    case 'trial in the billing system': {
      const known = { ...trialReport, billingCustomerId: externalId };
      const inBilling = { ...payer, trialStartedAt: trial };
      return { story, reports: [leadReport, known, paymentReport], dates, payer: inBilling, ending: 'proven' };
    }
    case 'two customers': {
      const other = `${externalId}_trial`;
      return {
        story,
        reports: [leadReport, { ...trialReport, billingCustomerId: other }, paymentReport],
        dates,
        payer,
        otherPayer: { externalId: other, shows: true, trialStartedAt: trial, afterLookups: 0 },
        ending: 'proven',
      };
    }
    case 'second lead of a payer': {
      if (partner?.payer === undefined) return newStory('trial and payment', number, random);
      const paid = { ...paymentReport, billingCustomerId: partner.payer.externalId };
      return {
        story,
        reports: [leadReport, paid],
        dates: { lead, trial: undefined },
        payer: partner.payer,
        ending: 'proven',
      };
    }
    case 'imported before': {
      const importedAt = instantAfter(lead, -random.whole(1, 200));
      const imported = { dates: { lead: importedAt, trial }, importedAt };
      return { story, reports: reports.slice(1), payer, ending: 'proven', ...imported };
    }
    case 'never pays':
      return { story, reports: [leadReport, trialReport], dates, ending: 'open' };
    case 'payer never appears':
      return { story, reports, dates, payer: { ...payer, shows: false }, ending: 'payer-not-found' };
    case 'lead never reported':
      return {
        story,
        reports: [paymentReport],
        dates: { lead: undefined, trial: undefined },
        payer: unsought,
        ending: 'payment-without-lead',
      };
    case 'merged with a stranger': {
      const stranger = { ...payer, externalId: `cus_stranger_${number}`, trialStartedAt: trial };
      return { story, reports, dates, payer: unsought, importedAt: lead, stranger, ending: 'merged-elsewhere' };
    }
    case 'linked wrongly':
      return linkedWrongly(reports, random);
  }
}

/** The wrong customer may have a trial, in the billing system or also in a report. The lead may have none. */
function linkedWrongly([lead, trial, payment]: readonly [Fact, Fact, Fact], random: Random): LeadStory {
  const { billingCustomerId = '' } = payment;
  const wrongId = `${billingCustomerId}_wrong`;
  const wrongTrial = random.chance(0.7) ? instantAfter(payment.occurredAt, -random.whole(1, 90)) : undefined;
  const wrongPayer: Payer = {
    externalId: wrongId,
    shows: true,
    paidAt: payment.occurredAt,
    ...(wrongTrial !== undefined && { trialStartedAt: wrongTrial }),
    afterLookups: 0,
  };
  const ownTrial = random.chance(0.6) ? [trial] : [];
  const reportedTrial: Fact[] =
    wrongTrial !== undefined && random.chance(0.5)
      ? [{ kind: 'trialStarted', occurredAt: wrongTrial, billingCustomerId: wrongId }]
      : [];
  const isRelinked = random.chance(0.5);
  return {
    story: 'linked wrongly',
    reports: [lead, ...ownTrial, ...reportedTrial, { ...payment, billingCustomerId: wrongId }],
    dates: { lead: lead.occurredAt, trial: ownTrial[0]?.occurredAt },
    wrongPayer,
    ...(isRelinked
      ? {
          payer: { externalId: billingCustomerId, shows: true, paidAt: payment.occurredAt, afterLookups: 0 },
          change: { kind: 'taken back and relinked', to: billingCustomerId },
          ending: 'proven',
        }
      : { change: { kind: 'taken back' }, ending: 'open' }),
  };
}

export function instantAfter(instant: Instant, days: number): Instant {
  return formatInstant(new Date(Date.parse(instant) + days * dayMs));
}
