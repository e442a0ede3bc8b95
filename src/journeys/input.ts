import { type BillingReport, parseBillingReport } from '../domain/billing/report.js';
import { correctableDates } from '../domain/journey/facts.js';
import {
  type checkId,
  checkIdForm,
  checkIdOf,
  isTrueProblems,
  leadIdProblems,
  type Problem,
  parseDate,
  parseReport,
  parseReports,
  type Report,
  type ReportKind,
} from '../domain/journey/reports.js';
import type { LinkRequest } from '../workflows/billing-messages.js';
import type {
  CloseRequest,
  CorrectRequest,
  RelinkRequest,
  UnmergeRequest,
  WithdrawRequest,
} from '../workflows/messages.js';
import { InvalidInputError } from './errors.js';

/** The rules for valid ids. */
export interface InputRules {
  /** Default: `default`. Its name is part of the workflow id, whose length is limited. */
  readonly account?: string;
  /** Lets lead ids contain an `@`. They are not encrypted in Temporal. Default: false. */
  readonly allowEmailLeadIds?: boolean;
}

/** Parses a report for a lead. @throws InvalidInputError with every problem of the lead id and the report */
export function readReport(leadId: string, kind: ReportKind, input: unknown, rules: InputRules = {}): Report {
  const parsed = parseReport(kind, input, Date.now(), checkIdOf(rules.account));
  const problems = leadProblems(leadId, rules);
  if (parsed.ok && problems.length === 0) return parsed.value;
  throw new InvalidInputError([...problems, ...(parsed.ok ? [] : parsed.problems)]);
}

/** Parses several reports for a lead. @throws InvalidInputError with every problem of the lead id and the reports */
export function readReports(leadId: string, input: unknown, rules: InputRules = {}): readonly Report[] {
  const parsed = parseReports(input, Date.now(), checkIdOf(rules.account));
  const problems = leadProblems(leadId, rules);
  if (parsed.ok && problems.length === 0) return parsed.value;
  throw new InvalidInputError([...problems, ...(parsed.ok ? [] : parsed.problems)]);
}

/** Checks the id of a lead that may already have a journey. @throws InvalidInputError */
export function checkLead(leadId: string): void {
  refuse(anyLeadProblems(leadId));
}

/** Parses a correction. @throws InvalidInputError with every problem */
export function readCorrection(leadId: string, { date, to, note }: Loose<CorrectRequest>): CorrectRequest {
  const problems = anyLeadProblems(leadId);
  const known = correctableDates.find((correctable) => correctable === date);
  if (known === undefined)
    problems.push({ pointer: '/date', message: `must be one of ${correctableDates.join(', ')}` });
  const instant = parseDate(to, '/to', Date.now(), problems);
  const reason = readNote(note, problems);
  if (known !== undefined && instant !== undefined && problems.length === 0)
    return { date: known, to: instant, note: reason };
  throw new InvalidInputError(problems);
}

/** Parses a relink request. @throws InvalidInputError with every problem */
export function readRelink(
  leadId: string,
  { billingCustomerId, note }: Loose<RelinkRequest>,
  { account }: InputRules = {},
): RelinkRequest {
  const problems = anyLeadProblems(leadId);
  const check: typeof checkId = checkIdOf(account);
  const isId = check(billingCustomerId, '/billingCustomerId', problems);
  const reason = readNote(note, problems);
  if (isId && problems.length === 0) return { billingCustomerId, note: reason };
  throw new InvalidInputError(problems);
}

/** Parses a withdrawal. @throws InvalidInputError with every problem */
export function readWithdrawal(leadId: string, request: Loose<WithdrawRequest>): WithdrawRequest {
  const withdrawal = readRelink(leadId, request);
  refuse(isTrueProblems(request.isUnmerged, '/isUnmerged'));
  return { ...withdrawal, ...(request.isUnmerged === true && { isUnmerged: true }) };
}

/** Checks the id of a billing customer that may already have a workflow. @throws InvalidInputError */
export function checkBillingCustomer(billingCustomerId: string): void {
  const problems: Problem[] = [];
  checkIdForm(billingCustomerId, '/billingCustomerId', problems);
  refuse(problems);
}

/** Parses what a billing event reports. @throws InvalidInputError with every problem */
export function readBillingReport(billingCustomerId: string, input: unknown, rules: InputRules = {}): BillingReport {
  const problems = billingIdProblems(billingCustomerId, rules);
  const parsed = parseBillingReport(input, Date.now());
  if (!parsed.ok) throw new InvalidInputError([...problems, ...parsed.problems]);
  const { link } = parsed.value;
  const ofLead = link === undefined ? [] : leadProblems(link.leadId, rules);
  problems.push(...ofLead.map(({ message }) => ({ pointer: '/link/leadId', message })));
  refuse(problems);
  return parsed.value;
}

/** Parses a link request. @throws InvalidInputError with every problem */
export function readLink(
  billingCustomerId: string,
  { leadId, note, isUnmerged }: Loose<LinkRequest>,
  rules: InputRules = {},
): LinkRequest {
  const problems = [...billingIdProblems(billingCustomerId, rules), ...leadProblems(leadId, rules)];
  const reason = readNote(note, problems);
  problems.push(...isTrueProblems(isUnmerged, '/isUnmerged'));
  refuse(problems);
  return { leadId: String(leadId), note: reason, ...(isUnmerged === true && { isUnmerged }) };
}

/** Parses a request to unmerge. @throws InvalidInputError with every problem */
export function readUnmerge(leadId: string, { note }: Loose<UnmergeRequest>): UnmergeRequest {
  const problems = anyLeadProblems(leadId);
  const reason = readNote(note, problems);
  refuse(problems);
  return { note: reason };
}

/** Parses a close request. @throws InvalidInputError with every problem */
export function readClose(leadId: string, { note, deleteRecord }: Loose<CloseRequest>): CloseRequest {
  const problems = anyLeadProblems(leadId);
  const reason = readNote(note, problems);
  problems.push(...isTrueProblems(deleteRecord, '/deleteRecord'));
  refuse(problems);
  return { note: reason, ...(deleteRecord === true && { deleteRecord }) };
}

/** Untrusted input: any field may be missing or of another type. */
type Loose<T> = { readonly [key in keyof T]?: unknown };

/** For existing journeys: their starter may have allowed e-mail addresses, or an older release a placeholder. */
function anyLeadProblems(leadId: string): Problem[] {
  return leadIdProblems(leadId, { allowEmail: true, check: checkIdForm });
}

function leadProblems(leadId: unknown, { account, allowEmailLeadIds = false }: InputRules): Problem[] {
  return leadIdProblems(leadId, { allowEmail: allowEmailLeadIds, check: checkIdOf(account) });
}

function billingIdProblems(billingCustomerId: unknown, { account }: InputRules): Problem[] {
  const problems: Problem[] = [];
  const check: typeof checkId = checkIdOf(account);
  check(billingCustomerId, '/billingCustomerId', problems);
  return problems;
}

/** Same rule as in the journey, so that a missing note is reported together with the other problems. */
function readNote(note: unknown, problems: Problem[]): string {
  if (typeof note === 'string' && note.trim() !== '' && note.length <= 1000) return note;
  problems.push({ pointer: '/note', message: 'must say why, in 1 to 1,000 characters' });
  return '';
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new InvalidInputError(problems);
}
