import type { AttentionCode, RequestName } from '../../src/domain/journey/attention.js';
import { fastLane } from '../../src/workflows/policy.js';
import { answers, type Row } from '../support/answers.js';

/** Where in a journey each request stands in the table. */
export const steps: readonly RequestName[] = [
  'createLead',
  'findLead',
  'writeDates',
  'findPayingCustomer',
  'requestMerge',
  'confirmMerge',
];

/** Which attention a journey draws when a step failed for the last time. */
export const attentionOf: Readonly<Record<Row['type'], AttentionCode>> = {
  RateLimited: 'unavailable',
  Unavailable: 'unavailable',
  Unauthorized: 'unauthorized',
  Refused: 'refused',
};

/** What is no failure of a step but an answer, which the journey acts upon, and the attention if it never changes. */
const ifItStays: Readonly<Record<string, { readonly becomes: string; readonly attention: AttentionCode }>> = {
  'createLead "exists"': { becomes: 'looked up and adopted', attention: 'record-hidden' },
  'writeDates "gone"': { becomes: 'followed by another look', attention: 'refused' },
  'confirmMerge "gone"': { becomes: 'followed by another look', attention: 'refused' },
  'requestMerge {"status":404}': { becomes: 'followed by another look', attention: 'refused' },
  'requestMerge {"status":422}': { becomes: 'followed by another look', attention: 'refused' },
  'requestMerge "accepted"': { becomes: 'taken for accepted', attention: 'merge-unconfirmed' },
};

/** What an answer of ChartMogul comes to at one step. */
export interface Outcome {
  readonly becomes: string;
  /** How often the request is sent before attention is drawn. */
  readonly tries: number;
  readonly attention: AttentionCode;
}

/** One cell of the table: no answer is without an outcome at any step. */
export function outcomeOf(row: Row, step: RequestName): Outcome {
  const answer = row.answers?.[step];
  if (answer !== undefined) {
    const stays = ifItStays[`${step} ${JSON.stringify(answer)}`];
    if (!stays) throw new Error(`nobody says what becomes of ${JSON.stringify(answer)} at ${step}`);
    return { ...stays, tries: 1 };
  }
  const attention = attentionOf[row.type];
  const tries = row.isFinal ? 1 : (fastLane[step].maximumAttempts ?? Number.POSITIVE_INFINITY);
  return { becomes: row.isFinal ? 'final' : 'retried', tries, attention };
}

/** The table of docs/faults.md: each answer at each step. */
export function answersTable(): string {
  const head = `| ChartMogul | failure | next try | ${steps.join(' | ')} |`;
  const rule = `| --- | --- | --- |${' --- |'.repeat(steps.length)}`;
  const rows = answers.map(
    (row) => `| ${row.what} | ${row.type} | ${nextTry(row)} | ${steps.map((step) => cell(row, step)).join(' | ')} |`,
  );
  return [head, rule, ...rows].join('\n');
}

/** A final answer is told by its attention alone. */
function cell(row: Row, step: RequestName): string {
  const { becomes, tries, attention } = outcomeOf(row, step);
  if (becomes === 'final') return `\`${attention}\``;
  return becomes === 'retried' ? `${tries} × \`${attention}\`` : `${becomes}, \`${attention}\``;
}

function nextTry({ isFinal, delay }: Row): string {
  if (isFinal) return 'an hour later';
  if (!delay) return 'as the step has it';
  const { lookup = 60_000, other } = delay;
  return `${other / 1000} s, a lookup ${lookup / 1000} s`;
}
