import type { AttentionCode, RequestName } from '../../src/domain/journey/attention.js';
import { fastLane } from '../../src/workflows/policy.js';
import { answers, type Row } from '../support/answers.js';

/** The requests of a journey, as the columns of the table. */
export const steps: readonly RequestName[] = [
  'createLead',
  'findLead',
  'writeDates',
  'findPayingCustomer',
  'requestMerge',
  'confirmMerge',
];

/** The attention that a journey raises after the last try of a step. */
export const attentionOf: Readonly<Record<Row['type'], AttentionCode>> = {
  RateLimited: 'unavailable',
  Unavailable: 'unavailable',
  Unauthorized: 'unauthorized',
  Refused: 'refused',
};

/** Results that a step returns instead of failing. `attention` follows if the next action, `becomes`, does not help. */
const handledResults: Readonly<Record<string, { readonly becomes: string; readonly attention: AttentionCode }>> = {
  'createLead "exists"': { becomes: 'looked up and adopted', attention: 'record-hidden' },
  'writeDates "gone"': { becomes: 'followed by another lookup', attention: 'refused' },
  'confirmMerge "gone"': { becomes: 'followed by another lookup', attention: 'refused' },
  'requestMerge {"status":404}': { becomes: 'followed by another lookup', attention: 'refused' },
  'requestMerge {"status":422}': { becomes: 'followed by another lookup', attention: 'refused' },
  'requestMerge "accepted"': { becomes: 'treated as accepted', attention: 'merge-unconfirmed' },
};

/** The outcome of a ChartMogul response at one step. */
export interface Outcome {
  readonly becomes: string;
  /** How often the request is sent before the journey raises attention. */
  readonly tries: number;
  readonly attention: AttentionCode;
}

/** One cell of the table. Every response has an outcome at every step. */
export function outcomeOf(row: Row, step: RequestName): Outcome {
  const answer = row.answers?.[step];
  if (answer !== undefined) {
    const handled = handledResults[`${step} ${JSON.stringify(answer)}`];
    if (!handled) throw new Error(`no outcome for ${JSON.stringify(answer)} at ${step}`);
    return { ...handled, tries: 1 };
  }
  const attention = attentionOf[row.type];
  const tries = row.isFinal ? 1 : (fastLane[step].maximumAttempts ?? Number.POSITIVE_INFINITY);
  return { becomes: row.isFinal ? 'final' : 'retried', tries, attention };
}

/** The table in docs/faults.md: each response at each step. */
export function answersTable(): string {
  const head = `| ChartMogul | failure | next try | ${steps.join(' | ')} |`;
  const rule = `| --- | --- | --- |${' --- |'.repeat(steps.length)}`;
  const rows = answers.map(
    (row) => `| ${row.what} | ${row.type} | ${nextTry(row)} | ${steps.map((step) => cell(row, step)).join(' | ')} |`,
  );
  return [head, rule, ...rows].join('\n');
}

/** A final response shows only its attention. */
function cell(row: Row, step: RequestName): string {
  const { becomes, tries, attention } = outcomeOf(row, step);
  if (becomes === 'final') return `\`${attention}\``;
  return becomes === 'retried' ? `${tries} × \`${attention}\`` : `${becomes}, \`${attention}\``;
}

function nextTry({ isFinal, delay }: Row): string {
  if (isFinal) return 'after an hour';
  if (!delay) return "the step's retry policy";
  const { lookup = 60_000, other } = delay;
  return `${other / 1000} s (lookup: ${lookup / 1000} s)`;
}
