import type { BillingDate } from '../domain/journey/facts.js';
import type { Instant } from '../domain/journey/instant.js';
import { FileRefusedError } from './file-refused.js';
import type { LeadFile } from './lead-file.js';
import type { LeadLine, User } from './lead-line.js';
import { type Preset, readPreset } from './presets.js';
import { type ReasonCount, ReasonCounts } from './reasons.js';
import { reasonOf } from './rejects.js';

/** How payments are joined with users. */
export const joinKeys = ['customer', 'email'] as const;
export type JoinKey = (typeof joinKeys)[number];

/** What was read from a file of payments, and joined with a file of users. */
export interface PaymentCounts {
  readonly lines: number;
  /** Different billing customers with a payment. */
  readonly payers: number;
  /** Those that no user of the lead file has. */
  readonly withoutUser: number;
  /** Lines that are not payments, by reason. */
  readonly omitted: readonly ReasonCount[];
  /** Lines that cannot be read, by reason. */
  readonly bad: readonly ReasonCount[];
  /** All lines of users who get no payment because their e-mail address does not tell whose it is. */
  readonly ambiguous: readonly ReasonCount[];
}

/** A user and the customer who paid. */
interface Match {
  readonly line: number;
  readonly leadId: string;
  readonly customer: string;
  /** `address`: the user has an address of the customer, but another customer, or no certain one. */
  readonly by: JoinKey | 'address';
}

/**
 * The first payment of each customer, from Stripe's export of payments. In memory: about 400 bytes for each customer.
 *
 * A user's own `billing_customer_id` is certain. An e-mail address counts only for users without one, and only if one
 * customer and one lead have it: a wrong customer is merged with the wrong lead.
 */
export class Payments {
  private readonly first = new Map<string, Instant>();
  /** The customers of each address. A customer who changes the address has several. */
  private readonly byEmail = new Map<string, readonly string[]>();
  /** Customers that the addresses of several leads lead to, or a lead's address and another's own id. */
  private readonly contested = new Set<string>();
  private readonly found = new Set<string>();
  private readonly omitted = new ReasonCounts();
  private readonly bad = new ReasonCounts();
  private readonly ambiguous = new ReasonCounts(Number.POSITIVE_INFINITY);
  private lines = 0;

  private constructor(private readonly by: JoinKey) {}

  /** @param file opened with the {@link paymentsPreset} @throws FileRefusedError if it has no payments */
  static async read(file: LeadFile, by: JoinKey, signal?: AbortSignal): Promise<Payments> {
    const payments = new Payments(by);
    const columns = await file.columns();
    if (by === 'email' && !columns.places.has('email')) {
      throw new FileRefusedError('The file of payments has no column "Customer Email": export all columns.');
    }
    for await (const lines of file.lines(columns)) {
      signal?.throwIfAborted();
      for (const line of lines) payments.add(line);
    }
    if (payments.first.size === 0) throw payments.noPayments();
    return payments;
  }

  /**
   * Finds out which customers several users have. Bad lines count: their leads exist.
   *
   * @param users the file of leads, which asks {@link of}
   * @throws FileRefusedError if it does not have the column to join by
   */
  async match(users: LeadFile, signal?: AbortSignal): Promise<void> {
    const columns = await users.columns();
    const needed = this.by === 'email' ? 'email' : 'billing_customer_id';
    if (!columns.places.has(needed)) throw new FileRefusedError(`--join-by ${this.by} needs a column ${needed}.`);
    const matches: Match[] = [];
    for await (const lines of users.lines(columns)) {
      signal?.throwIfAborted();
      for (const { line, user } of lines) if (user !== undefined) matches.push(...this.matchesOf(user, line));
    }
    const shared = severalOwners(matches);
    for (const { line, customer, by } of matches) {
      this.found.add(customer);
      if (by !== 'email' || !shared.has(customer)) continue;
      this.contested.add(customer);
      this.ambiguous.add('another lead has the e-mail address, or the customer', line);
    }
  }

  /** The first payment of a user, or undefined. */
  of(user: User): { readonly billingCustomerId: string; readonly at: Instant } | undefined {
    const { customer = this.customerByEmail(user) } = user;
    const at = customer === undefined ? undefined : this.first.get(customer);
    return customer === undefined || at === undefined ? undefined : { billingCustomerId: customer, at };
  }

  counts(): PaymentCounts {
    return {
      ...{ lines: this.lines, payers: this.first.size, withoutUser: this.first.size - this.found.size },
      ...{ omitted: this.omitted.sorted(), bad: this.bad.sorted(), ambiguous: this.ambiguous.sorted() },
    };
  }

  private add(line: LeadLine): void {
    this.lines += 1;
    if (line.isGood) for (const payment of line.facts.payments) this.addPayment(payment, line.user?.email);
    else if ('omittedBecause' in line) this.omitted.add(line.omittedBecause, line.line);
    else for (const problem of line.problems) this.bad.add(reasonOf(problem), line.line);
  }

  private noPayments(): FileRefusedError {
    const reasons = [...this.bad.sorted(), ...this.omitted.sorted()].slice(0, 5).map(({ reason, count, lines }) => {
      return `\n  ${count} ${count === 1 ? 'line' : 'lines'}, the first is ${lines[0]}: ${reason}`;
    });
    const why = reasons.length > 0 ? `:${reasons.join('')}` : ': it has only a header.';
    return new FileRefusedError(`The file of payments has no payment of a customer${why}`);
  }

  private addPayment({ billingCustomerId, at }: BillingDate, email: string | undefined): void {
    const known = this.first.get(billingCustomerId);
    if (known === undefined || at < known) this.first.set(billingCustomerId, at);
    if (this.by !== 'email' || email === undefined) return;
    const customers = this.customersOf(email);
    if (!customers.includes(billingCustomerId)) this.byEmail.set(email, [...customers, billingCustomerId]);
  }

  /** The customer who paid, if it is only one. Notes users whose address does not tell it. */
  private matchesOf({ leadId, customer, email = '', emails = [] }: User, line: number): Match[] {
    const byEmail = this.customersOf(email);
    const match = (customer: string, by: Match['by']) => ({
      ...{ line, leadId: leadId === '' ? `line ${line}` : leadId, customer, by },
    });
    const byAddress = [...byEmail, ...emails.flatMap((address) => this.customersOf(address))]
      .filter((other) => other !== customer)
      .map((other) => match(other, 'address'));
    if (customer !== undefined && this.first.has(customer)) return [match(customer, 'customer'), ...byAddress];
    const [only, ...others] = byEmail;
    if (only === undefined) return byAddress;
    if (customer === undefined && others.length === 0) return [match(only, 'email')];
    const isSeveral = customer === undefined;
    const reason = isSeveral ? 'several customers have the e-mail address' : 'the e-mail address has another customer';
    this.ambiguous.add(reason, line);
    return byAddress;
  }

  private customerByEmail({ email = '' }: User): string | undefined {
    const [only, ...others] = this.customersOf(email);
    return only === undefined || others.length > 0 || this.contested.has(only) ? undefined : only;
  }

  private customersOf(email: string): readonly string[] {
    return this.byEmail.get(email) ?? [];
  }
}

/** Customers that several leads have. */
function severalOwners(matches: readonly Match[]): Set<string> {
  const owners = new Map<string, string>();
  const several = new Set<string>();
  for (const { customer, leadId } of matches) {
    if ((owners.get(customer) ?? leadId) !== leadId) several.add(customer);
    owners.set(customer, leadId);
  }
  return several;
}

/** Reads Stripe's export with the customer in the place of the lead. */
export function paymentsPreset(): Preset {
  const preset = readPreset('stripe-payments');
  const { paid_at = [], billing_customer_id = [], email = [] } = preset.columns;
  const columns = { paid_at, billing_customer_id, email, lead_id: billing_customer_id };
  const dateRemedy =
    "not as in Stripe's export, 2016-02-25 09:30:00: use the file as Stripe exported it, not as a spreadsheet saved it";
  return { ...preset, columns, isJoined: true, dateRemedy };
}

/** @throws FileRefusedError */
export function readJoinKey(text: string): JoinKey {
  const found = joinKeys.find((key) => key === text);
  if (found === undefined) throw new FileRefusedError(`--join-by must be one of ${joinKeys.join(', ')}.`);
  return found;
}
