import { join } from 'node:path';
import { type Facts, joinFacts } from '../domain/journey/facts.js';
import type { Reports } from '../domain/journey/reports.js';
import { messagesOf, mostCustomers } from '../domain/journey/reports-of.js';
import type { Header, LeadFile } from './lead-file.js';
import type { GoodLine } from './lead-line.js';
import { LineSet } from './line-set.js';
import { Spill } from './spill.js';

/** A lead, with everything that the file says about it. */
export interface Lead {
  readonly leadId: string;
  /** The number of its lines. */
  readonly lines: number;
  readonly facts: Facts;
  /** The messages that report the facts, in this order. The first has the earliest of each date. */
  readonly messages: readonly Reports[];
}

/** Lists of leads, by the hash of the id. */
const lists = 256;
/** Leads are kept in memory for so many lines of the file. */
const linesAtOnce = 20_000;

/**
 * The leads that have several lines, wherever these are in the file. Facts are joined before a lead is reported, since
 * the first payment decides which billing customer it is merged with. Memory is bounded: the facts are in files.
 */
export class JoinedLeads {
  /** Lines of a lead after its first. */
  private readonly later = new LineSet();
  private readonly first = new LineSet();
  private current: { readonly list: number; readonly leads: ReadonlyMap<number, Lead> } = {
    list: -1,
    leads: new Map(),
  };

  private constructor(private readonly leads: Spill) {}

  /** @param several all lines of the leads that have several */
  static async read(file: LeadFile, columns: Header, several: LineSet, signal?: AbortSignal): Promise<JoinedLeads> {
    const joined = new JoinedLeads(new Spill(join(file.folder, 'joined')));
    if (several.size === 0) return joined;
    const facts = new Spill(join(file.folder, 'facts'));
    for await (const lines of file.lines(columns)) {
      signal?.throwIfAborted();
      for (const line of lines) {
        if (!line.isGood || !several.has(line.line)) continue;
        facts.add(listOf(line.leadId), JSON.stringify([line.line, line.leadId, line.facts]));
      }
    }
    for (let list = 0; list < lists; list += 1) joined.join(facts.read(list));
    return joined;
  }

  /** The lead of a line: undefined if an earlier line has reported it. */
  of(line: GoodLine): Lead | undefined {
    if (this.later.has(line.line)) return undefined;
    if (!this.first.has(line.line)) {
      return { leadId: line.leadId, lines: 1, facts: line.facts, messages: [line.reports] };
    }
    const list = Math.floor(line.line / linesAtOnce);
    if (this.current.list !== list) this.current = { list, leads: this.load(list) };
    return this.current.leads.get(line.line);
  }

  private join(entries: readonly string[]): void {
    const leads = new Map<string, { first: number; lines: number; facts: Facts }>();
    for (const entry of entries) {
      const [line, leadId, facts]: [number, string, Facts] = JSON.parse(entry);
      const known = leads.get(leadId);
      if (known === undefined) leads.set(leadId, { first: line, lines: 1, facts });
      else {
        this.later.add(line);
        known.lines += 1;
        known.facts = bounded(joinFacts(known.facts, facts));
      }
    }
    for (const [leadId, { first, lines, facts }] of leads) {
      if (lines === 1) continue;
      this.first.add(first);
      this.leads.add(Math.floor(first / linesAtOnce), JSON.stringify([first, leadId, lines, facts]));
    }
  }

  private load(list: number): Map<number, Lead> {
    return new Map(
      this.leads.read(list).map((entry) => {
        const [first, leadId, lines, facts]: [number, string, number, Facts] = JSON.parse(entry);
        return [first, { leadId, lines, facts, messages: messagesOf(facts) }];
      }),
    );
  }
}

/** Keeps the customers that the messages can name; both lists are sorted by date. */
function bounded({ billingTrials, payments, ...facts }: Facts): Facts {
  return {
    ...facts,
    ...(billingTrials && { billingTrials: billingTrials.slice(0, mostCustomers) }),
    payments: payments.slice(0, mostCustomers),
  };
}

/** Any even spread does. */
function listOf(leadId: string): number {
  let sum = 0;
  for (let at = 0; at < leadId.length; at += 1) sum = (sum * 31 + leadId.charCodeAt(at)) % 65_521;
  return sum % lists;
}
