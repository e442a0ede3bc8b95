import { earliest } from '../../src/domain/journey/instant.js';
import type { Random } from './random.js';
import { type Change, type ChangeKind, type Dates, instantAfter, type LeadStory, type Payer } from './stories.js';

const weights: Record<ChangeKind, number> = {
  corrected: 30,
  unmerged: 15,
  'unmerged and relinked': 0, // only from a shared record
  'taken back': 0, // only from a wrong customer
  'taken back and relinked': 0,
  'dated later': 15,
  'dated earlier': 15,
  'dated earlier, then corrected': 15,
};

/** A shared record ignores corrections, and shows the earliest dates of its leads. */
const sharedWeights: Record<ChangeKind, number> = {
  corrected: 0,
  unmerged: 30,
  'unmerged and relinked': 40,
  'taken back': 0,
  'taken back and relinked': 0,
  'dated later': 10,
  'dated earlier': 20,
  'dated earlier, then corrected': 0,
};

/** How often people change something after the proof. */
const changed = 0.5;

/** Plans a change of one of the leads of a payer, and what is true after it. Most records hold one lead. */
export function withChange<Lead extends LeadStory>(leads: readonly Lead[], number: number, random: Random): Lead[] {
  const isShared = leads.length > 1;
  const last = leads[leads.length - 1];
  if (last === undefined || last.change || last.ending !== 'proven' || !random.chance(isShared ? 0.9 : changed))
    return [...leads];
  const kind = last.otherPayer ? 'corrected' : random.weighted(isShared ? sharedWeights : weights);
  return [...leads.slice(0, -1), { ...last, ...afterChange(last, newChange(kind, last, number, random), isShared) }];
}

function newChange(kind: ChangeKind, { dates }: LeadStory, number: number, random: Random): Change {
  const days = random.whole(2, 30);
  const isTrial = dates.trial !== undefined && random.chance(0.5);
  const date = isTrial ? 'trial' : 'lead';
  const standing = dates[date] ?? '';
  switch (kind) {
    case 'corrected':
      return {
        kind,
        date: isTrial ? 'trialStartedAt' : 'leadCreatedAt',
        to: instantAfter(standing, random.chance(0.5) ? days : -days),
      };
    case 'unmerged':
    case 'taken back':
      return { kind };
    case 'unmerged and relinked':
    case 'taken back and relinked':
      return { kind, to: `cus_${number}_own` };
    case 'dated later':
      return { kind, dates: { [date]: instantAfter(standing, days) } };
    case 'dated earlier':
    case 'dated earlier, then corrected':
      return { kind, dates: { [date]: instantAfter(standing, -days) } };
  }
}

type Outcome = Pick<LeadStory, 'change' | 'ending' | 'dates' | 'payer' | 'shown'>;

function afterChange(lead: LeadStory, change: Change, isShared: boolean): Outcome {
  const { ending, dates, payer } = lead;
  const same: Outcome = { change, ending, dates, ...(payer && { payer }) };
  switch (change.kind) {
    case 'corrected':
      return {
        ...same,
        dates: consistent({ ...dates, [change.date === 'leadCreatedAt' ? 'lead' : 'trial']: change.to }),
      };
    case 'unmerged and relinked': {
      const { trialStartedAt: _, ...paid } = payer as Payer; // a lead that shares a record has a payer
      return { ...same, payer: { ...paid, externalId: change.to, afterLookups: 0 } };
    }
    case 'dated earlier':
      // The leads of a shared record take it for the date of another lead.
      return {
        ...same,
        shown: consistent({ ...dates, ...change.dates }),
        ...(!isShared && { ending: 'foreign-date' }),
      };
    default:
      return same;
  }
}

/** A person who starts a trial is a lead. */
function consistent({ lead, trial }: Dates): Dates {
  return { lead: earliest(lead, trial), trial };
}
