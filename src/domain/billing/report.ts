import type { Instant } from '../journey/instant.js';
import {
  checkId,
  isRecord,
  isTrueProblems,
  leadIdProblems,
  type Parsed,
  type Problem,
  parseDate,
  refuseUnknown,
} from '../journey/reports.js';

/**
 * How it is known which lead a billing customer is, the most trustworthy first. Where several say it before anything was
 * handed to a journey, the first of these counts.
 */
export const linkRules = [
  /** Somebody said so, by `customer-journey link`. */
  'operator',
  /** Metadata of the subscription as the invoice froze it. */
  'invoice-metadata',
  'subscription-metadata',
  'customer-metadata',
  'checkout-metadata',
  /** A `client_reference_id` that carries our signature. */
  'signed-reference',
  /** A bare `client_reference_id`, where the gateway was told to trust those. */
  'unsigned-reference',
] as const;
export type LinkRule = (typeof linkRules)[number];

/** Which lead a billing customer is, and how that is known. */
export interface Link {
  readonly leadId: string;
  readonly rule: LinkRule;
}

/** What one event of a billing system tells of one of its customers. At least one field is there. */
export interface BillingReport {
  /** By any rule but `operator`: an event cannot speak for a person. */
  readonly link?: Link;
  /** A lead named where anybody can write, such as a bare `client_reference_id`: shown to a person, links nothing. */
  readonly suggestedLeadId?: string;
  /** A trial that runs in the billing system. */
  readonly trialStartedAt?: Instant;
  /** A payment of more than nothing, first or not. */
  readonly paidAt?: Instant;
  /** The customer's creation, checkout or subscription start: it was not there before we listened. */
  readonly begins?: true;
}

const fields: readonly (keyof BillingReport)[] = ['link', 'suggestedLeadId', 'trialStartedAt', 'paidAt', 'begins'];
const eventRules = linkRules.filter((rule) => rule !== 'operator');

/**
 * Reads a report as it came from outside: anybody can send a signal. Fields that are not ours are refused.
 *
 * @param now milliseconds since the epoch; dates after it are refused.
 */
export function parseBillingReport(input: unknown, now: number): Parsed<BillingReport> {
  if (!isRecord(input)) return { ok: false, problems: [{ pointer: '', message: 'must be an object' }] };
  const problems: Problem[] = [];
  refuseUnknown(input, fields, '', problems);

  const link = input.link === undefined ? undefined : parseLink(input.link, problems);
  const { suggestedLeadId, begins } = input;
  if (suggestedLeadId !== undefined) checkId(suggestedLeadId, '/suggestedLeadId', problems);
  const date = (field: 'trialStartedAt' | 'paidAt') =>
    input[field] === undefined ? undefined : parseDate(input[field], `/${field}`, now, problems);
  const trialStartedAt = date('trialStartedAt');
  const paidAt = date('paidAt');
  problems.push(...isTrueProblems(begins, '/begins'));
  if (fields.every((field) => input[field] === undefined) && problems.length === 0) {
    problems.push({ pointer: '', message: `must hold one of ${fields.join(', ')}` });
  }
  if (problems.length > 0) return { ok: false, problems };

  return {
    ok: true,
    value: {
      ...(link !== undefined && { link }),
      ...(typeof suggestedLeadId === 'string' && { suggestedLeadId }),
      ...(trialStartedAt !== undefined && { trialStartedAt }),
      ...(paidAt !== undefined && { paidAt }),
      ...(begins === true && { begins }),
    },
  };
}

/** E-mail addresses as lead ids were allowed or refused where the event came in. */
function parseLink(input: unknown, problems: Problem[]): Link | undefined {
  if (!isRecord(input)) {
    problems.push({ pointer: '/link', message: 'must be an object' });
    return undefined;
  }
  refuseUnknown(input, ['leadId', 'rule'], '/link', problems);
  const leadProblems = leadIdProblems(input.leadId, { allowEmail: true });
  problems.push(...leadProblems.map(({ message }) => ({ pointer: '/link/leadId', message })));
  const rule = eventRules.find((known) => known === input.rule);
  if (rule === undefined) problems.push({ pointer: '/link/rule', message: `must be one of ${eventRules.join(', ')}` });
  return rule === undefined || leadProblems.length > 0 ? undefined : { leadId: String(input.leadId), rule };
}
