import type { Instant } from '../domain/journey/instant.js';
import type { ColumnName } from './column-names.js';
import { FileRefusedError } from './file-refused.js';
import type { LeadFile } from './lead-file.js';
import type { GoodLine } from './lead-line.js';
import { type Preset, readPreset } from './presets.js';
import { type ReasonCount, ReasonCounts } from './reasons.js';
import { reasonOf } from './rejects.js';

/** How payments are joined with users. */
export const joinKeys = ['customer', 'email'] as const;
export type JoinKey = (typeof joinKeys)[number];

/** The first payment of a billing customer. */
interface Payment {
  readonly billingCustomerId: string;
  readonly at: Instant;
}

/** What was read from a file of payments. */
export interface PaymentCounts {
  readonly lines: number;
  /** Different billing customers, or e-mail addresses, with a payment. */
  readonly payers: number;
  /** Those that no user of the lead file has. */
  readonly withoutUser: number;
  /** Lines that are not payments, by reason. */
  readonly omitted: readonly ReasonCount[];
  /** Lines that cannot be read, by reason. */
  readonly bad: readonly ReasonCount[];
  /** E-mail addresses that are left out because several customers or several users have them. */
  readonly ambiguous: number;
}

/**
 * The first payment of each customer, from Stripe's export of payments. In memory: about 200 bytes for each customer.
 */
export class Payments {
  private readonly first = new Map<string, Payment>();
  private readonly ambiguous = new Set<string>();
  private readonly matched = new Set<string>();
  private readonly omitted = new ReasonCounts();
  private readonly bad = new ReasonCounts();
  private lines = 0;

  private constructor(readonly by: JoinKey) {}

  /** @param file opened with the {@link paymentsPreset} of the same key @throws FileRefusedError if it has no payments */
  static async read(file: LeadFile, by: JoinKey, signal?: AbortSignal): Promise<Payments> {
    const payments = new Payments(by);
    const columns = await file.columns();
    for await (const lines of file.lines(columns)) {
      signal?.throwIfAborted();
      for (const line of lines) {
        payments.lines += 1;
        if (line.isGood) payments.add(line);
        else if ('omittedBecause' in line) payments.omitted.add(line.omittedBecause, line.line);
        else for (const problem of line.problems) payments.bad.add(reasonOf(problem), line.line);
      }
    }
    if (payments.first.size === 0) throw new FileRefusedError('The file of payments has no payment of a customer.');
    return payments;
  }

  /**
   * Leaves out the e-mail addresses that several users have: it is not known who of them paid.
   *
   * @param users the file of leads
   */
  async leaveOutShared(users: LeadFile, signal?: AbortSignal): Promise<void> {
    if (this.by !== 'email') return;
    const owners = new Map<string, string>();
    for await (const lines of users.lines(await users.columns())) {
      signal?.throwIfAborted();
      for (const line of lines) {
        const key = line.isGood && line.facts.profile.email && keyOf(line.facts.profile.email.value);
        if (!key || !this.first.has(key)) continue;
        const owner = owners.get(key);
        if (owner !== undefined && owner !== line.leadId) this.ambiguous.add(key);
        owners.set(key, line.leadId);
      }
    }
    this.matched.clear(); // reading the file has asked for every payment already
  }

  /** The first payment of a user, or undefined. */
  of({ customer, email }: { readonly customer: string | undefined; readonly email: string | undefined }) {
    const key = this.by === 'customer' ? customer : email && keyOf(email);
    const payment = key === undefined || this.ambiguous.has(key) ? undefined : this.first.get(key);
    if (key !== undefined && payment !== undefined) this.matched.add(key);
    return payment;
  }

  counts(): PaymentCounts {
    const { lines, first, matched, ambiguous } = this;
    return {
      ...{ lines, payers: first.size, withoutUser: first.size - matched.size - ambiguous.size },
      ...{ omitted: this.omitted.sorted(), bad: this.bad.sorted(), ambiguous: ambiguous.size },
    };
  }

  private add({ leadId, facts: { payments } }: GoodLine): void {
    const key = this.by === 'email' ? keyOf(leadId) : leadId;
    for (const { billingCustomerId, at } of payments) {
      const known = this.first.get(key);
      if (known !== undefined && known.billingCustomerId !== billingCustomerId) this.ambiguous.add(key);
      if (known === undefined || at < known.at) this.first.set(key, { billingCustomerId, at });
    }
  }
}

/** Reads Stripe's export with the key in the place of the lead id. */
export function paymentsPreset(by: JoinKey): Preset {
  const preset = readPreset('stripe-payments');
  const key: ColumnName = by === 'email' ? 'email' : 'billing_customer_id';
  const { email, name, lead_id, ...columns } = preset.columns;
  return { ...preset, columns: { ...columns, lead_id: preset.columns[key] ?? [] } };
}

/** @throws FileRefusedError */
export function readJoinKey(text: string): JoinKey {
  const found = joinKeys.find((key) => key === text);
  if (found === undefined) throw new FileRefusedError(`--join-by must be one of ${joinKeys.join(', ')}.`);
  return found;
}

function keyOf(email: string): string {
  return email.trim().toLowerCase();
}
