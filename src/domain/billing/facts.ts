import { earliest, type Instant } from '../journey/instant.js';
import { type BillingReport, type Link, linkRules } from './report.js';

/** Events can name any number of leads. Only the N most trustworthy are kept. */
const leadsKept = 10;

/**
 * What billing events report about one customer, in any order and number. Facts are only ever joined:
 * {@link joinBillingFacts} is commutative, associative and idempotent.
 */
export interface BillingFacts {
  /**
   * The leads that events name, each with the best rule that names it, and the latest event with that rule. Best rule
   * first; of one rule, the latest event first; ties by smallest lead id.
   */
  readonly links: readonly Link[];
  /** Sorted; if there are too many, the smallest are kept. */
  readonly suggestedLeadIds: readonly string[];
  /** Start of the earliest trial that runs in the billing system. */
  readonly trialStartedAt?: Instant;
  /** First payment. */
  readonly paidAt?: Instant;
  /** An event reported the customer's start, so the customer did not exist before the integration. */
  readonly begins?: true;
}

export const noBillingFacts: BillingFacts = { links: [], suggestedLeadIds: [] };

/** The facts that one report states. */
export function billingFactsOf({ link, suggestedLeadId, ...dates }: BillingReport): BillingFacts {
  return {
    links: link === undefined ? [] : [link],
    suggestedLeadIds: suggestedLeadId === undefined ? [] : [suggestedLeadId],
    ...dates,
  };
}

export function joinBillingFacts(known: BillingFacts, reported: BillingFacts): BillingFacts {
  const trialStartedAt = earliest(known.trialStartedAt, reported.trialStartedAt);
  const paidAt = earliest(known.paidAt, reported.paidAt);
  const suggested = new Set([...known.suggestedLeadIds, ...reported.suggestedLeadIds]);
  return {
    links: bestOfEach([...known.links, ...reported.links]).slice(0, leadsKept),
    suggestedLeadIds: [...suggested].sort(compare).slice(0, leadsKept),
    ...(trialStartedAt !== undefined && { trialStartedAt }),
    ...(paidAt !== undefined && { paidAt }),
    ...((known.begins || reported.begins) && { begins: true }),
  };
}

/** The facts with a report added, or undefined if they already contain it. */
export function factsWithNews(known: BillingFacts, report: BillingReport): BillingFacts | undefined {
  const joined = joinBillingFacts(known, billingFactsOf(report));
  const isKnown = JSON.stringify(joined) === JSON.stringify(joinBillingFacts(known, noBillingFacts));
  return isKnown ? undefined : joined;
}

function bestOfEach(links: readonly Link[]): Link[] {
  const latest = (a: Link, b: Link) => compare(b.at ?? '', a.at ?? '');
  const sorted = [...links].sort((a, b) => rank(a) - rank(b) || latest(a, b) || compare(a.leadId, b.leadId));
  const seen = new Set<string>();
  return sorted.filter(({ leadId }) => !seen.has(leadId) && seen.add(leadId));
}

function rank({ rule }: Link): number {
  return linkRules.indexOf(rule);
}

/** By code units, not by locale: the order must be the same on every machine that replays. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
