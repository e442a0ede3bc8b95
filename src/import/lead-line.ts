import { type Facts, factsOf, joinFacts, leadDate, payerId } from '../domain/journey/facts.js';
import { nothingObserved } from '../domain/journey/next-step.js';
import { noticesOf } from '../domain/journey/notices.js';
import {
  checkIdOf,
  leadIdProblems,
  type Problem,
  type ProfileField,
  parseReports,
  profileProblem,
  type Reports,
} from '../domain/journey/reports.js';
import { type ColumnName, profileColumns } from './column-names.js';
import { type Columns, onlyAdds } from './columns.js';
import type { DateFormat } from './date-format.js';
import { readDate } from './dates.js';
import { idDamage } from './ids.js';
import type { Line } from './lines.js';
import { isPlaceholder } from './placeholders.js';
import type { Preset } from './presets.js';
import { normalised, printed } from './printed.js';
import { addressesIn, readProfileField } from './profile-fields.js';
import { shapeProblem } from './record-shape.js';
import type { CsvRecord } from './records.js';
import { paymentOmission, unreadAmount } from './stripe-payments.js';
import { TimeZone } from './time-zone.js';

/** The lead of a line, the problems of the line, or why it is not about a lead. */
export type LeadLine = GoodLine | BadLine | OmittedLine;

/** What payments of another file are joined by. */
export interface User {
  readonly leadId: string;
  /** The billing customer in the line. */
  readonly customer?: string;
  /** In lower case; absent unless the field is one valid address. */
  readonly email?: string;
  /** All valid addresses, if the field has several. */
  readonly emails?: readonly string[];
}

interface ReadLine {
  readonly line: number;
  /** Absent if the fields could not be told apart. */
  readonly user?: User;
}

export interface GoodLine extends ReadLine {
  readonly isGood: true;
  readonly leadId: string;
  readonly reports: Reports;
  readonly facts: Facts;
  /** Warnings: the line is imported all the same. */
  readonly remarks: readonly Remark[];
  /** Profile fields that are not imported, or not as they are in the file. */
  readonly notices: readonly LineProblem[];
}

export type Remark =
  | 'placeholder'
  | 'perhaps-placeholder'
  | 'line-break'
  | 'dates-contradict'
  | 'no-customer'
  | 'unused-customer'
  | 'skipped-time'
  | 'repeated-time';

export interface BadLine extends ReadLine {
  readonly isGood: false;
  /** The last line of the record: another than the first if a quoted field contains line breaks. */
  readonly lastLine: number;
  /** The lines of the record, unchanged. */
  readonly source: readonly Line[];
  readonly problems: readonly LineProblem[];
}

/** A line that is correct but has nothing to import, for example a payment that failed. */
export interface OmittedLine extends ReadLine {
  readonly isGood: false;
  readonly omittedBecause: string;
}

export interface LineProblem {
  /** The name of the column in the file. Absent if the problem concerns the whole line. */
  readonly column?: string;
  /** Never quotes the value. */
  readonly message: string;
}

export interface LineRules {
  readonly columns: Columns & { readonly delimiter: string };
  readonly allowEmailLeadIds: boolean;
  /** The account of the leads, whose name shortens their ids. Default: `default`. */
  readonly account?: string;
  /** For dates without a time zone. If absent, such dates are refused. */
  readonly timeZone?: TimeZone;
  /** The format of all dates. Default: RFC 3339 and the formats of databases. */
  readonly dateFormat?: DateFormat;
  readonly preset?: Preset;
  /** Payments from another file, which are joined with the leads. */
  readonly payments?: PaymentSource;
  /** More texts that stand for a missing value. */
  readonly nulls?: ReadonlySet<string>;
  /** Milliseconds since the epoch; dates after it are refused. */
  readonly now: number;
}

export interface PaymentSource {
  /** The first payment of a user, or undefined. */
  of(user: User): { readonly billingCustomerId: string; readonly at: string } | undefined;
}

/** Reads and validates one record by the rules of every report. */
export function readLeadLine(record: CsvRecord, rules: LineRules): LeadLine {
  const { line, source } = record;
  const bad = (problems: readonly LineProblem[], user?: User): BadLine => {
    const lastLine = source.at(-1)?.number ?? line;
    return { line, isGood: false, lastLine, source, problems, ...(user && { user }) };
  };
  if ('problem' in record) return bad([{ message: record.problem }]);
  const shape = shapeProblem(record, rules.columns, rules.columns.delimiter);
  if (shape !== undefined) return bad([{ message: shape }]);
  const { payments } = rules.columns;
  const omittedBecause = payments && paymentOmission(record.fields, payments);
  if (omittedBecause !== undefined) return { line, isGood: false, omittedBecause };
  const unread = payments && unreadAmount(record.fields, payments);
  if (unread !== undefined) {
    return bad([
      { column: printed(rules.columns.names[unread] ?? ''), message: 'is not an amount, for example 49.00' },
    ]);
  }
  const fields = new LineFields(record.fields, rules);
  if (fields.isTotal()) return bad([{ message: 'looks like a row of totals; delete it' }]);
  const leadId = fields.id('lead_id') ?? fields.need('lead_id');
  const customer = fields.id('billing_customer_id');
  const isJoined = payments !== undefined || rules.payments !== undefined;
  const user = { leadId, ...(customer !== undefined && { customer }), ...(isJoined && fields.emails()) };
  const reports = reportsOf(fields, user, rules);
  if (Object.keys(reports).length === 0 && leadId !== '') {
    return { line, user, isGood: false, omittedBecause: 'the line has neither a trial nor a payment' };
  }
  const check = checkIdOf(rules.account);
  const parsed = parseReports(reports, rules.now, check);
  const problems = [
    ...fields.problems,
    ...leadIdProblems(leadId, { allowEmail: rules.allowEmailLeadIds, check }).map((problem) =>
      inFile(problem, rules.columns),
    ),
    ...(parsed.ok ? [] : parsed.problems.map((problem) => inFile(problem, rules.columns))),
  ];
  if (!parsed.ok || problems.length > 0) return bad(onceAColumn(problems), user);
  const facts = parsed.value.map((report) => factsOf(report, leadId)).reduce(joinFacts);
  const remarks = remarksOf(fields, reports, facts, rules.columns);
  return { line, user, isGood: true, leadId, reports, facts, remarks, notices: fields.notices };
}

/** The facts to compare: two lines of a lead with the same content are duplicates. */
export function contentOf({ facts }: GoodLine): string {
  return JSON.stringify([leadDate(facts), facts.trialStartedAt, facts.billingTrials, facts.payments]);
}

/** The billing customer that the lead will be merged with. */
export function customerOf({ facts }: GoodLine): string | undefined {
  return payerId(facts);
}

const noNulls: ReadonlySet<string> = new Set();

/** The fields of one record by our names; empty fields are absent. */
class LineFields {
  readonly problems: LineProblem[] = [];
  readonly notices: LineProblem[] = [];
  /** Found while the fields were read. */
  readonly remarks = new Set<Remark>();

  constructor(
    private readonly fields: readonly string[],
    private readonly rules: LineRules,
  ) {}

  text(name: ColumnName): string | undefined {
    return this.read(name, this.written(name));
  }

  private read(name: ColumnName, text = ''): string | undefined {
    if (text.trim() === '') return undefined;
    const placeholder = isPlaceholder(name, text, this.rules.nulls ?? noNulls);
    if (placeholder === 'perhaps') this.remarks.add('perhaps-placeholder');
    if (placeholder !== 'yes') return text;
    this.remarks.add('placeholder');
    return undefined;
  }

  need(name: ColumnName): string {
    const text = this.text(name);
    if (text !== undefined) return text;
    const isEmpty = this.written(name).trim() === '';
    this.problem(name, isEmpty ? 'is missing' : 'is a placeholder for a missing value, for example NULL');
    return '';
  }

  id(name: ColumnName): string | undefined {
    const id = this.text(name);
    const damage = id === undefined ? undefined : idDamage(id);
    if (damage !== undefined) this.problem(name, damage);
    return id;
  }

  /** Reports and spreadsheets add such a line at the end. */
  isTotal(): boolean {
    const isTotal = /^(?:(?:grand )?totals?|sum|summe|gesamt):?$/i.test(this.written('lead_id').trim());
    return isTotal && this.written('lead_created_at').trim() === '';
  }

  private written(name: ColumnName): string {
    return this.fields[this.rules.columns.places.get(name) ?? -1] ?? '';
  }

  private problem(name: ColumnName, message: string): void {
    this.problems.push({ column: nameOf(name, this.rules.columns), message });
  }

  profile(name: ProfileField): string | undefined {
    const written = name === 'name' ? this.wholeName() : this.text(name);
    if (written === undefined) return undefined;
    const { text, notice, hasLineBreak } = readProfileField(name, written);
    if (hasLineBreak) this.remarks.add('line-break');
    if (notice !== undefined) this.notices.push({ column: nameOf(name, this.rules.columns), message: notice });
    return text;
  }

  /** The address to join by: not the first of several, which may be another person's. */
  emails(): Pick<User, 'email' | 'emails'> {
    const addresses = addressesIn(normalised(this.text('email') ?? '').toLowerCase()).filter((text) => text !== '');
    const emails = addresses.filter((address) => profileProblem('email', address) === undefined);
    const [email] = emails;
    if (email === undefined) return {};
    return addresses.length === 1 ? { email } : { emails };
  }

  private wholeName(): string | undefined {
    const { lastName } = this.rules.columns;
    const parts = [this.text('name'), lastName === undefined ? undefined : this.read('name', this.fields[lastName])];
    return parts.filter((part) => part !== undefined).join(' ') || undefined;
  }

  date(name: ColumnName): string | undefined {
    const written = this.text(name);
    if (written === undefined) return undefined;
    const { dateFormat, preset } = this.rules;
    const { text, problem, isShifted } = readDate(
      normalised(written),
      this.zoneOf(name),
      dateFormat,
      preset?.dateRemedy,
    );
    if (problem !== undefined) this.problem(name, problem);
    if (isShifted !== undefined) this.remarks.add(`${isShifted}-time`);
    return text;
  }

  /** Stripe names columns `Created (UTC)`: then they are in UTC, whatever the others are in. */
  private zoneOf(name: ColumnName): TimeZone | undefined {
    const { names, places } = this.rules.columns;
    return /\(UTC\)$/i.test(names[places.get(name) ?? -1] ?? '') ? utc : this.rules.timeZone;
  }
}

const utc = new TimeZone('UTC');

function reportsOf(fields: LineFields, user: User, { columns, payments }: LineRules): Reports {
  const filled = profileColumns
    .map((name) => [name, fields.profile(name)] as const)
    .filter(([, text]) => text !== undefined);
  const profile = filled.length > 0 && { profile: Object.fromEntries(filled) };
  const trialStartedAt = fields.date('trial_started_at');
  const joined = payments?.of(user);
  const paidAt = fields.date('paid_at') ?? joined?.at;
  const customer = user.customer ?? joined?.billingCustomerId;
  const billing = customer !== undefined && { billingCustomerId: customer };
  return {
    ...(!onlyAdds(columns) && {
      leadCreated: { occurredAt: fields.date('lead_created_at') ?? fields.need('lead_created_at'), ...profile },
    }),
    ...(trialStartedAt !== undefined && { trialStarted: { occurredAt: trialStartedAt, ...billing } }),
    ...(paidAt !== undefined && { paymentSucceeded: { occurredAt: paidAt, ...billing } }),
  };
}

function remarksOf(
  fields: LineFields,
  { trialStarted, paymentSucceeded }: Reports,
  facts: Facts,
  { places }: Columns,
): Remark[] {
  const hasColumn = places.has('billing_customer_id');
  const hasCustomer = fields.text('billing_customer_id') !== undefined;
  return [
    ...(noticesOf('', facts, nothingObserved).some(
      ({ code }) => code === 'dates-contradict' || code === 'trial-after-payment',
    )
      ? ['dates-contradict' as const]
      : []),
    ...(paymentSucceeded && paymentSucceeded.billingCustomerId === undefined && hasColumn
      ? ['no-customer' as const]
      : []),
    ...(hasCustomer && !trialStarted && !paymentSucceeded ? ['unused-customer' as const] : []),
    ...fields.remarks,
  ];
}

const columnOf: Readonly<Record<string, ColumnName>> = {
  leadId: 'lead_id',
  leadCreated: 'lead_created_at',
  trialStarted: 'trial_started_at',
  paymentSucceeded: 'paid_at',
  billingCustomerId: 'billing_customer_id',
};

/** Names the column of the file instead of the field of the report. */
function inFile({ pointer, message }: Problem, columns: Columns): LineProblem {
  const [report = '', field = ''] = pointer.slice(1).split('/');
  const name = columnOf[field] ?? columnOf[report];
  return { ...(name !== undefined && { column: nameOf(name, columns) }), message };
}

function nameOf(name: ColumnName, { names, places }: Columns): string {
  const place = places.get(name);
  return printed((place === undefined ? undefined : names[place]) ?? name);
}

/** Keeps one problem per column: a billing customer is in two reports, and a date without a zone is invalid twice. */
function onceAColumn(problems: readonly LineProblem[]): LineProblem[] {
  return problems.filter(({ column }, index) => problems.findIndex((other) => other.column === column) === index);
}
