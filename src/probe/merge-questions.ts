import { ruleOf, whoseDates } from './date-rules.js';
import { type Lab, type Span, unknownUuid } from './lab.js';
import { asText, type Question, type Seen, statusSetting, yesOrNo } from './question.js';
import { listCustomers } from './sources.js';

/** Dates of the payer and of the record that is merged into it, so that each rule leaves other ones. */
const earlierLead = { lead: '2021-02-01T00:00:00Z', trial: '2021-08-01T00:00:00Z' };
const laterLead = { lead: '2021-04-01T00:00:00Z', trial: '2021-06-01T00:00:00Z' };
/** Set between merge and unmerge: neither record's own. */
const between = { lead: '2021-03-15T00:00:00Z', trial: '2021-07-15T00:00:00Z' };

/** After the first merge, of a dated lead into a payer without dates. */
export const mergedQuestions: readonly Question[] = [
  {
    question: 'dates after a merge, if the payer has none',
    sandbox: 'lead date none, trial date none',
    ask: ({ merges }) => whoseDates(merges.at(-1)),
  },
  {
    question: "lookup by the merged record's uuid",
    knob: 'mergedUuid',
    sandbox: '404',
    others: ['follow'],
    ask: async ({ api, lead, payer }) => {
      const path = `/v1/customers/${encodeURIComponent(lead.uuid)}`;
      const answer = await api.request({ method: 'GET', path });
      if (answer.status !== 200) return statusSetting(answer, '404');
      return answer.text.includes(payer.uuid) ? { setting: 'follow' } : { text: '200, the merged record itself' };
    },
  },
  {
    question: "lookup by the merged record's source and external id",
    knob: 'mergedExternalId',
    sandbox: 'found',
    others: ['absent'],
    ask: async (lab) => whereIsPayer(lab, await lab.find(lab.lead)),
  },
  {
    question: "the list of the merged record's data source includes the payer's record",
    knob: 'mergedInLists',
    sandbox: 'found',
    others: ['absent'],
    ask: async (lab) => {
      const listed = await listCustomers(lab.api, { data_source_uuid: lab.lead.sourceUuid });
      return whereIsPayer(
        lab,
        listed.filter(({ uuid }) => uuid !== lab.other.uuid),
      );
    },
  },
  {
    question: 'a second merge of a merged record',
    knob: 'secondMerge',
    sandbox: '404',
    others: ['422', '202'],
    ask: async (lab) => statusSetting(await lab.requestMerge(lab.lead, lab.payer), '404', '422', '202'),
  },
  {
    question: 'merged records have the tag merged-customer',
    knob: 'mergedTag',
    sandbox: false,
    others: [true],
    ask: async (lab) => ({
      setting: (await lab.read(lab.payer)).attributes?.tags.includes('merged-customer') ?? false,
    }),
  },
];

/** After the second merge. */
export const earlierLeadQuestions: readonly Question[] = [
  {
    question: 'dates after a merge, if the payer has an earlier lead date and a later trial',
    sandbox: "lead date the payer's, trial date the payer's",
    ask: ({ merges }) => whoseDates(merges.at(-1)),
  },
];

/** After the second record was split off again. */
export const unmergedQuestions: readonly Question[] = [
  {
    question: 'dates of the record that an unmerge splits off',
    knob: 'unmergeDates',
    sandbox: 'copied',
    others: ['restored'],
    ask: async (lab) => {
      const [dates, own] = [await lab.dates(lab.other), lab.merges.at(-1)?.secondary];
      if (dates.lead === Date.parse(between.lead) && dates.trial === Date.parse(between.trial)) {
        return { setting: 'copied' };
      }
      if (dates.lead === own?.lead && dates.trial === own?.trial) return { setting: 'restored' };
      return { text: dates.lead === null && dates.trial === null ? 'none' : 'others' };
    },
  },
  {
    question: "an unmerge leaves the dates of the payer's record",
    sandbox: 'yes',
    ask: async (lab) => {
      const { lead, trial } = await lab.dates(lab.payer);
      return yesOrNo(lead === Date.parse(between.lead) && trial === Date.parse(between.trial));
    },
  },
  {
    question: 'an unmerge gives the record that it splits off a new uuid',
    sandbox: 'yes',
    ask: ({ unmerged }) => yesOrNo(unmerged?.split.uuid !== unmerged?.before.uuid),
  },
];

/** After the last merge. */
export const lastQuestions: readonly Question[] = [
  {
    question: 'dates after a merge, if the payer has a later lead date and an earlier trial',
    sandbox: "lead date the payer's, trial date the payer's",
    ask: ({ merges }) => whoseDates(merges.at(-1)),
  },
  {
    question: 'the rule for dates after a merge',
    knob: 'mergeDates',
    sandbox: 'primary_wins',
    others: ['fill_null_from_secondary', 'earliest'],
    ask: ({ merges }) => ruleOf(merges),
  },
  {
    question: 'the longest of these merges and unmerges, in ms',
    knob: 'mergeDelayMs',
    sandbox: 3000,
    isMeasured: true,
    ask: (lab) => ({ setting: Math.ceil(Math.max(...spansOf(lab).map(({ to }) => to))) }),
  },
  {
    question: 'a merge of a record with itself',
    sandbox: '422, shape B (from)',
    ask: async (lab) => asText(await lab.requestMerge(lab.payer, lab.payer)),
  },
  {
    question: 'a merge into an unknown record',
    sandbox: '404, shape A (into)',
    ask: async (lab) => asText(await lab.requestMerge(lab.payer, { uuid: unknownUuid('cus') })),
  },
  {
    question: 'an unmerge of an id that the record does not have',
    sandbox: '404, shape A (external_id)',
    ask: async (lab) => {
      const unknown = { sourceUuid: lab.lead.sourceUuid, externalId: lab.externalId('nowhere') };
      return asText(await lab.requestUnmerge(lab.payer, unknown));
    },
  },
  {
    question: '429 and 503 that came by themselves',
    sandbox: 'none',
    isMeasured: true,
    ask: ({ api }) => ({ text: [...api.limits].join('; ') || 'none' }),
  },
];

export async function mergeEarlierLead(lab: Lab): Promise<void> {
  await lab.setDates(lab.payer, earlierLead.lead, earlierLead.trial);
  await lab.setDates(lab.other, laterLead.lead, laterLead.trial);
  await lab.merge(lab.other);
}

export async function splitOff(lab: Lab): Promise<void> {
  await lab.setDates(lab.payer, between.lead, between.trial);
  await lab.unmerge(lab.other);
}

export async function mergeLaterLead(lab: Lab): Promise<void> {
  await lab.setDates(lab.payer, laterLead.lead, laterLead.trial);
  await lab.setDates(lab.other, earlierLead.lead, earlierLead.trial);
  await lab.merge(lab.other);
}

/** The times of all merges and of the unmerge. */
export function spansOf({ merges, unmerged }: Lab): Span[] {
  return [...merges.map(({ took }) => took), ...(unmerged ? [unmerged.took] : [])];
}

function whereIsPayer({ payer }: Lab, listed: readonly { readonly uuid: string }[]): Seen {
  if (listed.length === 0) return { setting: 'absent' };
  return listed.every(({ uuid }) => uuid === payer.uuid) ? { setting: 'found' } : { text: 'another record' };
}
