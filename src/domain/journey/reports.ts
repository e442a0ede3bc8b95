import { mostIdCharacters } from '../workflow-ids.js';
import { type Instant, implausible, instantForm, readInstant } from './instant.js';

/** Optional data about the person or company. Only the lead id and dates are required. */
export interface Profile {
  readonly name?: string;
  readonly email?: string;
  readonly company?: string;
  /** ISO 3166-1 alpha-2, for example `US`. */
  readonly country?: string;
  /** For example `US-NY`; ChartMogul keeps it for the US only. */
  readonly state?: string;
  readonly city?: string;
  readonly zip?: string;
}
export type ProfileField = keyof Profile;

/** The fields of every report. */
export interface ReportBase {
  /** When it happened, not when it was noticed. RFC 3339 with an offset. */
  readonly occurredAt: Instant;
  readonly profile?: Profile;
}
/** The lead entered your database. */
export type LeadReport = ReportBase;
/** A free trial started. Has a `billingCustomerId` if the trial runs in the billing system. */
export type TrialReport = ReportBase & { readonly billingCustomerId?: string };
/** A payment succeeded. If `billingCustomerId` is absent, the billing system uses the lead's id as the customer id. */
export type PaymentReport = ReportBase & { readonly billingCustomerId?: string };

export type ReportKind = 'leadCreated' | 'trialStarted' | 'paymentSucceeded';
export type Report =
  | ({ readonly kind: 'leadCreated' } & LeadReport)
  | ({ readonly kind: 'trialStarted' } & TrialReport & Reinstating)
  | ({ readonly kind: 'paymentSucceeded' } & PaymentReport & Reinstating);
type Reinstating = Pick<Reports, 'reinstates'>;

/** An invalid part of an input. `message` states the requirement and never repeats the value. */
export interface Problem {
  /** JSON pointer, for example `/profile/email`. */
  readonly pointer: string;
  readonly message: string;
}
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: Problem[] };

/** Maximum length in characters, as limited by ChartMogul or by the e-mail and country code standards. */
export const maxLength: Record<ProfileField, number> = {
  name: 255,
  email: 254,
  company: 255,
  country: 2,
  state: 255,
  city: 255,
  zip: 255,
};

/**
 * Parses a report from an untrusted source: a signal, a request, a command line. Unknown fields are rejected, so that
 * typos are noticed.
 *
 * @param now milliseconds since the epoch; later dates are rejected.
 * @param check for the billing customer id: {@link checkId} for input from outside
 */
export function parseReport(
  kind: ReportKind,
  input: unknown,
  now: number,
  check: typeof checkId = checkIdForm,
): Parsed<Report> {
  const problems: Problem[] = [];
  if (!isRecord(input)) return { ok: false, problems: [{ pointer: '', message: 'must be an object' }] };
  const allowed = kind === 'leadCreated' ? ['occurredAt', 'profile'] : ['occurredAt', 'profile', 'billingCustomerId'];
  refuseUnknown(input, allowed, '', problems);

  const occurredAt = parseDate(input.occurredAt, '/occurredAt', now, problems);
  const profile = input.profile === undefined ? undefined : parseProfile(input.profile, problems);
  const billingCustomerId = input.billingCustomerId;
  if (billingCustomerId !== undefined) check(billingCustomerId, '/billingCustomerId', problems);
  if (problems.length > 0 || occurredAt === undefined) return { ok: false, problems };

  const base = { occurredAt, ...(profile !== undefined && { profile }) };
  if (kind === 'leadCreated') return { ok: true, value: { kind, ...base } };
  return { ok: true, value: { kind, ...base, ...(typeof billingCustomerId === 'string' && { billingCustomerId }) } };
}

/** Several reports for one lead in one message, as an import sends them. */
export interface Reports {
  readonly leadCreated?: LeadReport;
  readonly trialStarted?: TrialReport;
  readonly paymentSucceeded?: PaymentReport;
  /** An operator linked this billing customer to the lead: it counts again if it was withdrawn before. */
  readonly reinstates?: true;
}

const reportKinds: readonly ReportKind[] = ['leadCreated', 'trialStarted', 'paymentSucceeded'];

/** Parses several reports for one lead: accepts all or none. Parameters as in {@link parseReport}. */
export function parseReports(
  input: unknown,
  now: number,
  check: typeof checkId = checkIdForm,
): Parsed<readonly Report[]> {
  if (!isRecord(input)) return { ok: false, problems: [{ pointer: '', message: 'must be an object' }] };
  const problems: Problem[] = [];
  const { reinstates } = input;
  refuseUnknown(input, [...reportKinds, 'reinstates'], '', problems);
  problems.push(...isTrueProblems(reinstates, '/reinstates'));
  const reports: Report[] = [];
  for (const kind of reportKinds.filter((known) => input[known] !== undefined)) {
    const parsed = parseReport(kind, input[kind], now, check);
    if (parsed.ok) {
      const isOfCustomer = parsed.value.kind !== 'leadCreated';
      reports.push(reinstates === true && isOfCustomer ? { ...parsed.value, reinstates } : parsed.value);
    } else
      problems.push(...parsed.problems.map(({ pointer, message }) => ({ pointer: `/${kind}${pointer}`, message })));
  }
  if (reports.length === 0 && problems.length === 0) problems.push({ pointer: '', message: 'must contain a report' });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: reports };
}

/** Checks a field that must be true or absent. */
export function isTrueProblems(value: unknown, pointer: string): Problem[] {
  return value === undefined || value === true ? [] : [{ pointer, message: 'must be true; omit it otherwise' }];
}

/** Parses one date, and adds a problem if it is invalid. */
export function parseDate(value: unknown, pointer: string, now: number, problems: Problem[]): Instant | undefined {
  const instant = readInstant(value);
  const message = instant === undefined ? `must be ${instantForm}` : implausible(instant, now);
  if (message === undefined) return instant;
  problems.push({ pointer, message });
  return undefined;
}

/** Checks an id from outside: {@link checkIdForm}, and not a {@link isPlaceholder placeholder}. */
export function checkId(value: unknown, pointer: string, problems: Problem[]): value is string {
  const isWellFormed = checkIdForm(value, pointer, problems);
  if (!isWellFormed || !isPlaceholder(value)) return isWellFormed;
  problems.push({ pointer, message: 'is a placeholder for a missing value, not an id' });
  return false;
}

/** {@link checkId} for an account, whose name is part of the workflow id: see {@link mostIdCharacters}. */
export function checkIdOf(account?: string): typeof checkId {
  const most = mostIdCharacters(account);
  return (value, pointer, problems): value is string => {
    if (typeof value !== 'string' || value.length <= most || [...value].length <= most) {
      return checkId(value, pointer, problems);
    }
    const message = `must not have more than ${most} characters, because its workflow id cannot have more than 255`;
    problems.push({ pointer, message });
    return false;
  };
}

/**
 * Checks the form of an id that ChartMogul stores as `external_id`: 1 to 255 characters, at most 900 bytes (it is part of
 * a workflow id, which is limited to 1,000), no control characters, no leading or trailing space. Workflows check only
 * this, because a replay must accept what was accepted before.
 */
export function checkIdForm(value: unknown, pointer: string, problems: Problem[]): value is string {
  const message = idProblem(value);
  if (message !== undefined) problems.push({ pointer, message });
  return message === undefined;
}

/**
 * Whether an id is what a program writes when it has none: `undefined`, `null`, `NaN`, `[object Object]`, or a template
 * that was not filled in, such as `{{lead_id}}`. Everyone without an id would share it.
 */
export function isPlaceholder(id: string): boolean {
  return placeholders.some((form) => form.test(id));
}

const placeholders = [
  /^["'(<]?(undefined|null|none|nil|nan|n\/a)[)"'>]?$/i,
  /^\[object \w+\]$/,
  // Spreadsheets: #N/A, #REF!; database exports: \N; forms: -, ?.
  /^(#n\/a|#ref!|#value!|#name\?|\\n|-+|\?+)$/i,
  /\{\{|\}\}|\$\{|<%|\{%/,
  /^(\{\w*\}|<\w*>|%\w|:\w+)$/,
];

function idProblem(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return 'must be a string of 1 to 255 characters';
  if ([...value].length > 255) return 'must not have more than 255 characters';
  if (utf8Length(value) > 900) return 'must not have more than 900 bytes';
  if (hasControlCharacters(value)) return 'must not contain control characters';
  if (value.trim() !== value) return 'must not begin or end with a space';
  return undefined;
}

/**
 * Checks a lead id. An `@` is rejected unless `allowEmail`: workflow ids and search attributes contain ids unencrypted,
 * so an e-mail address must not become an id by accident.
 *
 * @param check workflows pass {@link checkIdForm}
 */
export function leadIdProblems(value: unknown, { allowEmail = false, check = checkId } = {}): Problem[] {
  const problems: Problem[] = [];
  if (check(value, '/leadId', problems) && value.includes('@') && !allowEmail) {
    problems.push({
      pointer: '/leadId',
      message: 'looks like an e-mail address; use your database id, or set ALLOW_EMAIL_LEAD_IDS=true',
    });
  }
  return problems;
}

export function parseProfile(input: unknown, problems: Problem[]): Profile | undefined {
  if (!isRecord(input)) {
    problems.push({ pointer: '/profile', message: 'must be an object' });
    return undefined;
  }
  refuseUnknown(input, Object.keys(maxLength), '/profile', problems);
  const profile: { -readonly [field in ProfileField]?: string } = {};
  for (const field of Object.keys(maxLength) as ProfileField[]) {
    // the table's own keys
    const value = input[field];
    if (value === undefined) continue;
    const message = profileProblem(field, value);
    if (message !== undefined) problems.push({ pointer: `/profile/${field}`, message });
    else profile[field] = String(value).trim();
  }
  return profile;
}

/** Why a profile field is invalid, or undefined. */
export function profileProblem(field: ProfileField, value: unknown): string | undefined {
  if (typeof value !== 'string' || value.trim() === '') return 'must be a non-empty string; omit it if unknown';
  if ([...value].length > maxLength[field]) return `must not have more than ${maxLength[field]} characters`;
  if (hasControlCharacters(value)) return 'must not contain control characters';
  if (field === 'email' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value.trim())) return 'must be an e-mail address';
  if (field === 'country' && !/^[A-Z]{2}$/.test(value)) return 'must be an ISO 3166 country code, for example US';
  return undefined;
}

/** Adds one problem for all unknown fields: a journey stores its notices, and megabytes of them would block its end. */
export function refuseUnknown(
  input: Record<string, unknown>,
  allowed: readonly string[],
  pointer: string,
  problems: Problem[],
): void {
  if (Object.keys(input).every((key) => allowed.includes(key))) return;
  problems.push({ pointer, message: `has an unknown field; valid fields: ${allowed.join(', ')}` });
}

/** Control characters, and unpaired surrogates, which JSON parsers treat differently. */
function hasControlCharacters(value: string): boolean {
  return /[\p{Cc}\p{Cs}\u2028\u2029]/u.test(value);
}

function utf8Length(value: string): number {
  let bytes = 0;
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
