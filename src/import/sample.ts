import { type Facts, joinFacts, leadDate, payerId, paymentDate, trialDate } from '../domain/journey/facts.js';
import type { Instant } from '../domain/journey/instant.js';
import { mostCustomers } from '../domain/journey/reports-of.js';
import type { GoodLine } from './lead-line.js';

/** A lead as its journey will understand it. */
export interface SampleLead {
  readonly leadId: string;
  /** Its first line. */
  readonly line: number;
  readonly leadCreatedAt?: Instant;
  readonly trialStartedAt?: Instant;
  readonly paidAt?: Instant;
  readonly billingCustomerId?: string;
}

/** The first leads of a file, each with all of its lines. */
export class Sample {
  private readonly found = new Map<string, { readonly line: number; facts: Facts }>();

  constructor(private readonly size: number) {}

  add({ leadId, line, facts }: GoodLine): void {
    const known = this.found.get(leadId);
    if (known !== undefined) {
      const joined = joinFacts(known.facts, facts);
      // A lead can have a million lines; both lists begin with the earliest.
      known.facts = { ...joined, payments: joined.payments.slice(0, mostCustomers) };
    } else if (this.found.size < this.size) this.found.set(leadId, { line, facts });
  }

  leads(): SampleLead[] {
    return [...this.found].map(([leadId, { line, facts }]) => {
      const [leadCreatedAt, trialStartedAt, paidAt] = [leadDate(facts), trialDate(facts), paymentDate(facts)];
      const billingCustomerId = payerId(facts);
      return {
        ...{ leadId, line },
        ...(leadCreatedAt !== undefined && { leadCreatedAt }),
        ...(trialStartedAt !== undefined && { trialStartedAt }),
        ...(paidAt !== undefined && { paidAt }),
        ...(billingCustomerId !== undefined && { billingCustomerId }),
      };
    });
  }
}
