import { formatInstant, type Instant, instantForm, readInstant } from '../journey/instant.js';
import {
  checkIdForm,
  isRecord,
  isTrueProblems,
  leadIdProblems,
  type Parsed,
  type Problem,
  parseDate,
  refuseUnknown,
} from '../journey/reports.js';

/**
 * The rules that link a billing customer to a lead, most trustworthy first. If several apply before a journey was
 * notified, the first one in this list wins.
 */
export const linkRules = [
  /** An operator linked them with `customer-journey link`. */
  'operator',
  /** The subscription's metadata as copied into the invoice. */
  'invoice-metadata',
  'subscription-metadata',
  'customer-metadata',
  'checkout-metadata',
  /** A `client_reference_id` that carries our signature. */
  'signed-reference',
  /** An unsigned `client_reference_id`, if the gateway is configured to trust those. */
  'unsigned-reference',
] as const;
export type LinkRule = (typeof linkRules)[number];

/** The lead of a billing customer, and the rule that links them. */
export interface Link {
  readonly leadId: string;
  readonly rule: LinkRule;
  /** When the event was created. Of two links by the same rule, the later one counts. */
  readonly at?: Instant;
}

/** What one billing event reports about one customer. At least one field is set. */
export interface BillingReport {
  /** Any rule except `operator`. */
  readonly link?: Link;
  /** A lead id from an untrusted field, such as an unsigned `client_reference_id`. Shown to operators, never linked. */
  readonly suggestedLeadId?: string;
  /** A trial that runs in the billing system. */
  readonly trialStartedAt?: Instant;
  /** A payment of more than zero, whether or not it is the first. */
  readonly paidAt?: Instant;
  /** Customer creation, checkout or subscription start: the customer did not exist before the integration. */
  readonly begins?: true;
}

const fields: readonly (keyof BillingReport)[] = ['link', 'suggestedLeadId', 'trialStartedAt', 'paidAt', 'begins'];
const eventRules = linkRules.filter((rule) => rule !== 'operator');

/**
 * Parses a report from an untrusted sender: any client can send a signal. Unknown fields are rejected.
 *
 * @param now milliseconds since the epoch; later dates are rejected.
 */
export function parseBillingReport(input: unknown, now: number): Parsed<BillingReport> {
  if (!isRecord(input)) return { ok: false, problems: [{ pointer: '', message: 'must be an object' }] };
  const problems: Problem[] = [];
  refuseUnknown(input, fields, '', problems);

  const link = input.link === undefined ? undefined : parseLink(input.link, now, problems);
  const { suggestedLeadId, begins } = input;
  if (suggestedLeadId !== undefined) checkIdForm(suggestedLeadId, '/suggestedLeadId', problems);
  const date = (field: 'trialStartedAt' | 'paidAt') =>
    input[field] === undefined ? undefined : parseDate(input[field], `/${field}`, now, problems);
  const trialStartedAt = date('trialStartedAt');
  const paidAt = date('paidAt');
  problems.push(...isTrueProblems(begins, '/begins'));
  if (fields.every((field) => input[field] === undefined) && problems.length === 0) {
    problems.push({ pointer: '', message: `must contain one of ${fields.join(', ')}` });
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

/** Allows e-mail addresses as lead ids: the receiver of the event has already applied its own setting. */
function parseLink(input: unknown, now: number, problems: Problem[]): Link | undefined {
  if (!isRecord(input)) {
    problems.push({ pointer: '/link', message: 'must be an object' });
    return undefined;
  }
  refuseUnknown(input, ['leadId', 'rule', 'at'], '/link', problems);
  const leadProblems = leadIdProblems(input.leadId, { allowEmail: true, check: checkIdForm });
  problems.push(...leadProblems.map(({ message }) => ({ pointer: '/link/leadId', message })));
  const rule = eventRules.find((known) => known === input.rule);
  if (rule === undefined) problems.push({ pointer: '/link/rule', message: `must be one of ${eventRules.join(', ')}` });
  const at = readInstant(input.at);
  if (input.at !== undefined && at === undefined) {
    problems.push({ pointer: '/link/at', message: `must be ${instantForm}` });
  }
  if (rule === undefined || leadProblems.length > 0) return undefined;
  return { leadId: String(input.leadId), rule, ...(at !== undefined && { at: notInTheFuture(at, now) }) };
}

/** Another machine's clock may be ahead. That must not make the facts of an event invalid. */
function notInTheFuture(at: Instant, now: number): Instant {
  return Date.parse(at) > now ? formatInstant(new Date(now)) : at;
}
