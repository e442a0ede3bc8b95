import { errorOfAnswer } from '../chartmogul/errors.js';
import { described } from './answers.js';
import { type Lab, unknownUuid } from './lab.js';
import { asText, type Question, type Seen, statusSetting, yesOrNo } from './question.js';

/** Questions about sources and single records, in this order: some use the dates that an earlier one has set. */
export const recordQuestions: readonly Question[] = [
  {
    question: 'system of a data source made through the API',
    knob: 'sourceSystem',
    sandbox: 'Custom',
    ask: ({ sources }) => ({ setting: sources.leads.system }),
  },
  {
    question: 'a new customer needs a name',
    knob: 'nameRequired',
    sandbox: false,
    others: [true],
    ask: ({ unnamed }) => {
      if (unnamed.status === 201) return { setting: false };
      const isRefused = unnamed.status === 400 || unnamed.status === 422;
      return isRefused ? { setting: true, detail: described(unnamed) } : asText(unnamed);
    },
  },
  {
    question: 'a new customer in an unknown data source',
    knob: 'unknownSource',
    sandbox: '422',
    others: ['404'],
    ask: async (lab) => statusSetting(await lab.tryCreate(unknownUuid('ds'), lab.externalId('nowhere')), '404', '422'),
  },
  {
    question: 'a new customer that exists already',
    sandbox: '422, shape B (external_id), recognized',
    ask: async (lab) => {
      const answer = await lab.tryCreate(lab.lead.sourceUuid, lab.lead.externalId);
      const isRecognized = errorOfAnswer(answer.status, answer.text).kind === 'already-exists';
      return { text: `${described(answer)}, ${isRecognized ? 'recognized' : 'not recognized'}` };
    },
  },
  {
    question: 'a trial date alone also sets an empty lead date',
    sandbox: 'yes',
    ask: async (lab) => {
      const answer = await lab.patch(lab.other, { free_trial_started_at: '2021-03-01T00:00:00Z' });
      if (answer.status !== 200) return asText(answer);
      return yesOrNo((await lab.dates(lab.other)).lead === Date.parse('2021-03-01T00:00:00Z'));
    },
  },
  {
    question: 'null dates in an update',
    knob: 'nullDates',
    sandbox: 'clear',
    others: ['ignore'],
    ask: askNullDates,
  },
  {
    question: 'a lead date in the future',
    knob: 'futureDates',
    sandbox: 'accept',
    others: ['refuse'],
    ask: async (lab) => {
      const [date] = new Date(Date.now() + 365 * 86_400_000).toISOString().split('.');
      const answer = await lab.patch(lab.other, { lead_created_at: `${date}Z` });
      if (answer.status === 400 || answer.status === 422) return { setting: 'refuse', detail: described(answer) };
      if (answer.status !== 200) return asText(answer);
      const isKept = (await lab.dates(lab.other)).lead === Date.parse(`${date}Z`);
      return isKept ? { setting: 'accept' } : { text: '200, but the date is not kept' };
    },
  },
  {
    question: 'zone of a date without one, minutes east of UTC',
    knob: 'zonelessOffsetMinutes',
    sandbox: 0,
    ask: askZone,
  },
  {
    question: 'a day that does not exist, as a date',
    sandbox: '400, shape A (lead_created_at)',
    ask: async (lab) => asText(await lab.patch(lab.other, { lead_created_at: '2021-02-30T00:00:00Z' })),
  },
  {
    question: 'removing a custom attribute',
    knob: 'removedAttributes',
    sandbox: '204',
    others: ['200'],
    ask: async ({ api, other }) => {
      // One that the record does not have: setting it would add the attribute to the account, for good.
      const path = `/v1/customers/${encodeURIComponent(other.uuid)}/attributes/custom`;
      const body = { custom: ['customer_journey_probe'] };
      return statusSetting(await api.request({ method: 'DELETE', path, body }), '200', '204');
    },
  },
];

async function askNullDates(lab: Lab): Promise<Seen> {
  await lab.setDates(lab.other, '2021-03-01T00:00:00Z', '2021-04-01T00:00:00Z');
  const before = await lab.dates(lab.other);
  const answer = await lab.patch(lab.other, { lead_created_at: null, free_trial_started_at: null });
  if (answer.status !== 200) return asText(answer);
  const after = await lab.dates(lab.other);
  if (after.lead === null && after.trial === null) return { setting: 'clear' };
  if (after.lead === before.lead && after.trial === before.trial) return { setting: 'ignore' };
  return { text: `lead date ${change(before.lead, after.lead)}, trial date ${change(before.trial, after.trial)}` };
}

function change(before: number | null, after: number | null): string {
  if (after === null) return 'cleared';
  return after === before ? 'kept' : 'changed';
}

/** Texts without a zone, and the same in UTC: in winter, in summer, and without a time. */
const zoneless = [
  ['winter', '2021-01-15 12:00:00', '2021-01-15T12:00:00Z'],
  ['summer', '2021-07-15 12:00:00', '2021-07-15T12:00:00Z'],
  ['date only', '2021-01-15', '2021-01-15T00:00:00Z'],
] as const;

async function askZone(lab: Lab): Promise<Seen> {
  const offsets: { name: string; minutes: number }[] = [];
  for (const [name, text, inUtc] of zoneless) {
    const answer = await lab.patch(lab.other, { lead_created_at: text });
    if (answer.status !== 200) return { text: `${name}: ${described(answer)}` };
    const { lead } = await lab.dates(lab.other);
    if (lead === null) return { text: `${name}: 200, but the date is not kept` };
    offsets.push({ name, minutes: (Date.parse(inUtc) - lead) / 60_000 });
  }
  const [{ minutes: setting } = { minutes: 0 }] = offsets;
  const isSame = offsets.every(({ minutes }) => minutes === setting);
  const detail = offsets.map(({ name, minutes }) => `${name} ${minutes}`).join(', ');
  return isSame ? { setting } : { setting, detail };
}
