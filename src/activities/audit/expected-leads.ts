import { type Expectation, expectationOf, joinExpectations, wasMerged } from '../../domain/audit/expectation.js';
import type { Facts } from '../../domain/journey/facts.js';
import { formatInstant, type Instant } from '../../domain/journey/instant.js';
import type { JourneySummary, Journeys } from '../../journeys/index.js';
import { hash } from './hash.js';

/** What the records of Temporal tell about a lead. */
type Standing =
  /** Enough to judge a record. */
  | 'plain'
  /** A single read is needed: in attention, ended without proof, or its customer is not in the search attributes. */
  | 'doubtful'
  /** An operator has closed the journey: nothing is expected. */
  | 'closed';

const standings: readonly Standing[] = ['plain', 'doubtful', 'closed'];
const mergedFlag = 4;

/** Neighbouring leads. */
interface Group {
  readonly from: number;
  readonly to: number;
  /** Changes if the leads do. */
  readonly fingerprint: number;
}

/**
 * The expected leads of an account, sorted by a hash of their ids: each has an index. About 150 bytes a lead, because an
 * account may have a million.
 */
export class ExpectedLeads {
  private readonly index = new Map<string, number>();
  private readonly hashes: Uint32Array;

  private constructor(
    readonly ids: readonly string[],
    private readonly flags: Uint8Array,
    /** Lead, trial and payment of each lead, in seconds since the epoch; NaN if there is none. */
    private readonly dates: Float64Array,
    private readonly customers: readonly (string | undefined)[],
    private readonly file: ReadonlyMap<string, Facts>,
  ) {
    for (const [at, id] of ids.entries()) this.index.set(id, at);
    this.hashes = Uint32Array.from(ids, hash);
  }

  /**
   * Lists the journeys that began until then, running and ended, from Temporal's visibility store, and adds the leads of
   * a file.
   */
  static async read(journeys: Journeys, until: Instant, file: ReadonlyMap<string, Facts>): Promise<ExpectedLeads> {
    const found: Entry[] = [];
    const isListed = new Set<string>();
    for await (const summary of journeys.list({ includeClosed: true, startedUntil: until })) {
      found.push(entryOf(summary));
      if (file.has(summary.leadId)) isListed.add(summary.leadId);
    }
    for (const leadId of file.keys()) {
      if (!isListed.has(leadId)) found.push(unknownEntry(leadId));
    }
    found.sort((one, other) => one.hash - other.hash || (one.leadId < other.leadId ? -1 : 1));
    const dates = new Float64Array(found.length * 3);
    for (const [at, entry] of found.entries()) dates.set(entry.dates, at * 3);
    return new ExpectedLeads(
      found.map(({ leadId }) => leadId),
      Uint8Array.from(found, ({ flags }) => flags),
      dates,
      found.map(({ customer }) => customer),
      file,
    );
  }

  /** The hash of the lead, by which they are sorted. Other expected leads do not change it. */
  hashAt(at: number): number | undefined {
    return this.hashes[at];
  }

  /** The index of the first lead with this hash or a greater one. */
  firstFrom(hash: number): number {
    let [low, high] = [0, this.hashes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.hashes[middle] ?? 0) < hash) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The leads in 2 to the power of `depth` groups, by the first bits of their hashes. */
  groups(depth: number): Group[] {
    const size = 2 ** (32 - depth);
    return Array.from({ length: 2 ** depth }, (_, group) => {
      const [from, to] = [this.firstFrom(group * size), this.firstFrom((group + 1) * size)];
      return { from, to, fingerprint: hash(this.ids.slice(from, to).join('\n')) };
    });
  }

  indexOf(leadId: string): number | undefined {
    return this.index.get(leadId);
  }

  standing(at: number): Standing {
    return standings[(this.flags[at] ?? 0) & 3] ?? 'doubtful';
  }

  /** What the file tells about a lead. */
  inFile(leadId: string): Facts | undefined {
    return this.file.get(leadId);
  }

  /** By the journey's search attributes and the file. */
  expectation(at: number): Expectation {
    const [leadCreatedAt, trialStartedAt, paidAt] = [0, 1, 2].map((which) => instantOf(this.dates[at * 3 + which]));
    const billingCustomerId = this.customers[at];
    const shown = expectationOf({
      ...(leadCreatedAt !== undefined && { leadCreatedAt }),
      ...(trialStartedAt !== undefined && { trialStartedAt }),
      ...(paidAt !== undefined && { paidAt }),
      ...(billingCustomerId !== undefined && { billingCustomerId }),
      ...((this.flags[at] ?? 0) & mergedFlag && { stage: 'proven' as const }),
    });
    const facts = this.inFile(this.ids[at] ?? '');
    return facts === undefined ? shown : joinExpectations(shown, { facts, wasMerged: false });
  }
}

interface Entry {
  readonly leadId: string;
  readonly hash: number;
  readonly flags: number;
  readonly dates: readonly [number, number, number];
  readonly customer?: string;
}

function entryOf(summary: JourneySummary): Entry {
  const { leadId, leadCreatedAt, trialStartedAt, paidAt, billingCustomerId } = summary;
  return {
    ...{ leadId, hash: hash(leadId) },
    flags: standings.indexOf(standingOf(summary)) | (wasMerged(summary) ? mergedFlag : 0),
    dates: [secondsOf(leadCreatedAt), secondsOf(trialStartedAt), secondsOf(paidAt)],
    ...(billingCustomerId !== undefined && { customer: billingCustomerId }),
  };
}

/** A lead that only the file has. */
function unknownEntry(leadId: string): Entry {
  return { leadId, hash: hash(leadId), flags: 0, dates: [Number.NaN, Number.NaN, Number.NaN] };
}

function standingOf({ status, stage, attention, billingCustomerId, paidAt, mergedAt }: JourneySummary): Standing {
  if (status === 'COMPLETED' && stage !== 'proven') return 'closed';
  if (status !== 'COMPLETED' && (status !== 'RUNNING' || attention !== undefined)) return 'doubtful';
  const hasCustomer = paidAt !== undefined || mergedAt !== undefined;
  return hasCustomer && billingCustomerId === undefined ? 'doubtful' : 'plain';
}

function secondsOf(instant: Instant | undefined): number {
  return instant === undefined ? Number.NaN : Date.parse(instant) / 1000;
}

function instantOf(seconds: number | undefined): Instant | undefined {
  return seconds === undefined || Number.isNaN(seconds) ? undefined : formatInstant(new Date(seconds * 1000));
}
