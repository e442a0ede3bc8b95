import pLimit from 'p-limit';
import {
  type BillingFacts,
  billingFactsOf,
  factsWithNews,
  joinBillingFacts,
  noBillingFacts,
} from '../domain/billing/facts.js';
import type { BillingReport } from '../domain/billing/report.js';
import { formatInstant, type Instant } from '../domain/journey/instant.js';
import type { Problem } from '../domain/journey/reports.js';
import type { ListedEvent, StripeApi } from './api.js';
import { type ReadingOptions, readStripeEvent, type StripeReading } from './facts.js';
import type { Slice } from './sweep-plan.js';

/** The billing customers of an account: `BillingCustomers`. */
export interface SweepTarget {
  /** What is known of a customer; undefined if it is unknown. */
  facts(billingCustomerId: string): Promise<BillingFacts | undefined>;
  reported(billingCustomerId: string, report: BillingReport): Promise<unknown>;
}

export interface SweepOptions {
  readonly api: Pick<StripeApi, 'list'>;
  readonly customers: SweepTarget;
  /** The same options as the gateway's. */
  readonly reading: () => ReadingOptions;
  readonly slices: readonly Slice[];
  /** Where an interrupted sweep stopped. Default: at the start. */
  readonly after?: SweepProgress;
  /** The maximum length of the lists in the result. Default: unlimited. */
  readonly mostListed?: number;
  /** Called after each page and each slice. */
  readonly onProgress?: (progress: SweepProgress) => void;
}

/** How far a sweep is. Plain data. */
export interface SweepProgress {
  /** The slices whose facts are handed over. */
  readonly slices: number;
  /** The events read so far, with those of the current slice. */
  readonly events: number;
  /** What the finished slices had. */
  readonly found: SweepFound;
}

/** What a sweep has found. Ids and dates only. */
export interface SweepFound {
  readonly events: number;
  readonly byType: Readonly<Record<string, SweepCounts>>;
  /** Events with facts that were not known. */
  readonly missing: readonly MissingEvent[];
  /** Events in an unknown format, which no sweep can read. */
  readonly unreadable: readonly UnreadableEvent[];
}

export interface SweepCounts {
  readonly known: number;
  readonly missing: number;
  /** Without any fact, as an invoice of zero. */
  readonly ignored: number;
  readonly unreadable: number;
}

export interface MissingEvent {
  /** The id of the event, or of the object if it was not listed as an event. */
  readonly id: string;
  readonly type: string;
  readonly created: Instant;
  readonly billingCustomerId: string;
  /** What was read from it. */
  readonly report: BillingReport;
}

export interface UnreadableEvent extends Pick<MissingEvent, 'id' | 'type' | 'created'> {
  readonly problems: readonly Problem[];
}

/** Customers that only remember what is reported: for a dry run, which then counts the same as the sweep. */
export function withoutReporting(customers: SweepTarget): SweepTarget {
  const remembered = new Map<string, BillingFacts>();
  const facts = async (id: string) => remembered.get(id) ?? customers.facts(id);
  return {
    facts,
    async reported(id, report) {
      remembered.set(id, joinBillingFacts((await facts(id)) ?? noBillingFacts, billingFactsOf(report)));
    },
  };
}

/** Parallel calls for different customers. The events of one customer are reported one after the other. */
const customersAtOnce = 8;

/**
 * Reads what Stripe lists with the gateway's reader, and reports what the billing customers do not know yet. May be
 * interrupted at any time and repeated: reports are idempotent.
 *
 * @throws StripeApiError, and the errors of the customers
 */
export async function sweepStripe(options: SweepOptions): Promise<SweepFound> {
  const { api, slices, mostListed = Number.POSITIVE_INFINITY, onProgress = () => undefined } = options;
  const { slices: done, found: before } = options.after ?? { slices: 0, found: nothingFound };
  let found = before;
  for (const [index, slice] of slices.entries()) {
    if (index < done) continue;
    const readings: Read[] = [];
    for await (const page of api.list(slice)) {
      const reading = options.reading();
      // Only the facts are kept: a slice may have many events.
      for (const { data, ...event } of page)
        readings.push({ event, reading: readStripeEvent({ data, ...event }, reading) });
      onProgress({ slices: index, events: found.events + readings.length, found });
    }
    found = joined(found, await handOver(oldestFirst(readings), options.customers), mostListed);
    onProgress({ slices: index + 1, events: found.events, found });
  }
  return found;
}

/** One event, without its object. */
interface Read<Reading extends StripeReading = StripeReading> {
  readonly event: Omit<ListedEvent, 'data'>;
  readonly reading: Reading;
}
type Report = Extract<StripeReading, { kind: 'report' }>;
type Result = keyof SweepCounts;
type Handed = Read & { readonly result: Result };

/** Stripe lists the newest first, also of one second. A customer may be listed with several objects. */
function oldestFirst(readings: readonly Read[]): Read[] {
  const listed = new Map(readings.map((read) => [read.event.id, read]));
  return [...listed.values()].reverse().sort((a, b) => a.event.created - b.event.created);
}

async function handOver(readings: readonly Read[], customers: SweepTarget): Promise<Handed[]> {
  const handed: Handed[] = [];
  const ofCustomers = new Map<string, Read<Report>[]>();
  for (const { event, reading } of readings) {
    if (reading.kind !== 'report') handed.push({ event, reading, result: reading.kind });
    else {
      const { billingCustomerId } = reading;
      ofCustomers.set(billingCustomerId, [...(ofCustomers.get(billingCustomerId) ?? []), { event, reading }]);
    }
  }
  const limit = pLimit(customersAtOnce);
  const reported = [...ofCustomers].map(([id, reads]) => limit(() => handOverCustomer(id, reads, customers)));
  try {
    return [...handed, ...(await Promise.all(reported)).flat()];
  } finally {
    limit.clearQueue(); // the rest, if one failed
  }
}

async function handOverCustomer(
  billingCustomerId: string,
  reads: readonly Read<Report>[],
  customers: SweepTarget,
): Promise<Handed[]> {
  let known = (await customers.facts(billingCustomerId)) ?? noBillingFacts;
  const handed: Handed[] = [];
  for (const { event, reading } of reads) {
    const news = factsWithNews(known, reading.report);
    if (news !== undefined) await customers.reported(billingCustomerId, reading.report);
    known = news ?? known;
    handed.push({ event, reading, result: news === undefined ? 'known' : 'missing' });
  }
  return handed;
}

const nothingFound: SweepFound = { events: 0, byType: {}, missing: [], unreadable: [] };
const noCounts: SweepCounts = { known: 0, missing: 0, ignored: 0, unreadable: 0 };

function joined(found: SweepFound, handed: readonly Handed[], mostListed: number): SweepFound {
  const byType: Record<string, SweepCounts> = { ...found.byType };
  const missing = [...found.missing];
  const unreadable = [...found.unreadable];
  for (const { event, reading, result } of handed) {
    const counts = byType[event.type] ?? noCounts;
    byType[event.type] = { ...counts, [result]: counts[result] + 1 };
    const { id, type } = event;
    const shown = { id, type, created: formatInstant(new Date(event.created * 1000)) };
    if (reading.kind === 'unreadable') unreadable.push({ ...shown, problems: reading.problems });
    if (reading.kind !== 'report' || result !== 'missing') continue;
    missing.push({ ...shown, billingCustomerId: reading.billingCustomerId, report: reading.report });
  }
  return {
    events: found.events + handed.length,
    byType,
    missing: missing.slice(0, mostListed),
    unreadable: unreadable.slice(0, mostListed),
  };
}

/** How many events had this result, of all types. */
export function totalOf({ byType }: SweepFound, result: Result): number {
  return Object.values(byType).reduce((sum, counts) => sum + counts[result], 0);
}
