import type { Instant } from '../../domain/journey/instant.js';
import { printed } from '../../import/printed.js';
import type { SampleLead } from '../../import/sample.js';
import type { TimeZone } from '../../import/time-zone.js';
import { table } from '../terminal.js';

/** The first leads as the import understands them, so that a wrong column or time zone is noticed before it starts. */
export function sampleLines(
  sample: readonly SampleLead[],
  leads: number,
  { timeZone, isAddition }: { readonly timeZone: TimeZone | undefined; readonly isAddition: boolean },
): string[] {
  if (sample.length === 0) return [];
  const which = sample.length < leads ? `the first ${sample.length} leads` : leads === 1 ? 'the lead' : 'the leads';
  const date = (at: Instant | undefined) => {
    if (at === undefined) return [isAddition ? 'unchanged' : 'none'];
    return timeZone === undefined ? [at] : [`${timeZone.write(Date.parse(at))} ${timeZone.name}`, at];
  };
  return [
    `  ${which}, as ChartMogul will have ${leads === 1 ? 'it' : 'them'}:`,
    ...sample.flatMap(({ leadId, leadCreatedAt, trialStartedAt, paidAt, billingCustomerId }) => [
      `    ${printed(leadId)}`,
      ...table(
        ['', '', ''],
        [
          ['lead created', ...date(leadCreatedAt)],
          ['trial started', ...date(trialStartedAt)],
          ['first payment', ...date(paidAt)],
          ['customer', customer(leadId, billingCustomerId)],
        ],
      )
        .slice(1)
        .map((line) => `      ${line}`),
    ]),
  ];
}

function customer(leadId: string, id: string | undefined): string {
  if (id === undefined) return 'none';
  return id === leadId ? `${printed(id)} (the lead id)` : printed(id);
}

/** The same as JSON, with the local times. */
export function sampleDocument(sample: readonly SampleLead[], timeZone: TimeZone | undefined): object[] {
  if (timeZone === undefined) return [...sample];
  return sample.map((lead) => {
    const { leadCreatedAt, trialStartedAt, paidAt } = lead;
    const dates = Object.entries({ leadCreatedAt, trialStartedAt, paidAt }).flatMap(([name, at]) =>
      at === undefined ? [] : [[name, timeZone.write(Date.parse(at))]],
    );
    return { ...lead, local: { timeZone: timeZone.name, ...Object.fromEntries(dates) } };
  });
}
