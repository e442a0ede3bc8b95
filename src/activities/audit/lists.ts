import { cancellationSignal } from '@temporalio/activity';
import type { Sources } from '../../chartmogul/sources.js';
import type { Customer } from '../../chartmogul/types.js';
import { commandFor } from '../../domain/audit/commands.js';
import { knowledgeOf } from '../../domain/audit/expectation.js';
import { isPlainlyRight, isSecondRecord } from '../../domain/audit/judge.js';
import { formatInstant } from '../../domain/journey/instant.js';
import { type CustomerRecord, leadIdsIn } from '../../domain/journey/records.js';
import type { Journeys } from '../../journeys/index.js';
import type { Difference } from '../../workflows/audit-messages.js';
import type { Deps } from '../deps.js';
import { journeysOf } from '../journeys.js';
import { recordOf } from '../records.js';
import type { ExpectedCache } from './expected-cache.js';
import type { ExpectedLeads } from './expected-leads.js';
import { longRunning } from './long-running.js';
import type { ListsInput, ListsOutput, Position } from './parts.js';
import { RightLeads } from './right-leads.js';
import { trialHash } from './trial-records.js';
import { unreported } from './unreported.js';

/** One part of the lists: a killed worker repeats at most so many requests. */
const pagesAtOnce = 50;
/** A bound for the size of a result. */
const mostUnknown = 2_000;

/**
 * Reads ChartMogul's lists of customers, by data source, and marks each expected lead whose record is plainly right.
 * Finds the records of leads that nobody reported.
 */
export function auditListsActivity(deps: Deps, cache: ExpectedCache) {
  return async (input: ListsInput): Promise<ListsOutput> =>
    longRunning('auditLists', async () => {
      const journeys = journeysOf(input.account);
      const expected = await cache.of(journeys, input);
      return new ListReader(deps, expected, journeys, input).read();
    });
}

class ListReader {
  private readonly right: RightLeads;
  private showsMerged: boolean;
  private readonly unknown = new Map<string, string>();
  private readonly trialRecords: ReadonlySet<string>;
  private records = 0;
  private requests = 0;
  private readonly now = formatInstant(new Date());

  constructor(
    private readonly deps: Deps,
    private readonly expected: ExpectedLeads,
    private readonly journeys: Journeys,
    private readonly input: ListsInput,
  ) {
    this.right = RightLeads.read(expected, input.right);
    this.showsMerged = input.showsMerged ?? false;
    this.trialRecords = new Set(input.trialRecords);
  }

  async read(): Promise<ListsOutput> {
    const lists = listsOf(this.deps.sources());
    let position: Position | undefined = this.input.position;
    if (position.source === 0 && position.cursor === undefined) this.markClosed();
    while (position && this.requests < pagesAtOnce && this.unknown.size < mostUnknown) {
      const source: string | undefined = lists[position.source];
      position = source === undefined ? undefined : await this.readPage(source, position);
    }
    return {
      ...(position && { position }),
      ...{ right: this.right.toString(), showsMerged: this.showsMerged },
      inDoubt: this.expected.ids.length - this.right.count(),
      ...{ leads: this.expected.ids.length, requests: this.requests, records: this.records },
      differences: await this.differences(),
    };
  }

  private async readPage(source: string, { source: number, cursor }: Position): Promise<Position> {
    const { entries, next } = await this.deps.chartMogul.listCustomers(source, { cursor }, cancellationSignal());
    this.requests += 1;
    this.records += entries.length;
    for (const customer of entries) this.see(customer, number);
    return next === undefined ? { source: number + 1 } : { source: number, cursor: next };
  }

  private see(customer: Customer, list: number): void {
    const { sources, settings } = this.deps;
    const record = recordOf(customer, sources(), settings);
    if (list === 0 && customer.data_source_uuid !== sources().leads) this.showsMerged = true;
    const leads = this.leadsIn(record);
    for (const leadId of leads) this.seeLead(leadId, record, list);
    if (leads.length === 0) this.seeCustomer(record);
  }

  /** With one source for leads and customers, an id that nobody knows is a customer's. */
  private leadsIn(record: CustomerRecord): string[] {
    const shared = record.ids.filter(({ source, externalId }) => {
      return source === 'both' && this.expected.indexOf(externalId) !== undefined;
    });
    return [...leadIdsIn(record), ...shared.map(({ externalId }) => externalId)];
  }

  private seeLead(leadId: string, record: CustomerRecord, list: number): void {
    const at = this.expected.indexOf(leadId);
    if (at === undefined) {
      // A merged record is in the list of its billing source too.
      if (list === 0 || !this.showsMerged) this.unknown.set(leadId, record.uuid);
    } else if (this.expected.standing(at) === 'plain') {
      const expectation = this.expected.expectation(at);
      const isTrial = expectation.facts.trialStartedAt !== undefined;
      const hasTrialItems = isTrial && this.trialRecords.has(trialHash(record.uuid));
      this.right.set(at, !hasTrialItems && isPlainlyRight(leadId, expectation, record, this.now));
    }
  }

  private seeCustomer(record: CustomerRecord): void {
    for (const { source, externalId } of record.ids) {
      const at = source === 'billing' ? this.expected.indexOf(externalId) : undefined;
      if (at === undefined || this.expected.standing(at) !== 'plain') continue;
      if (isSecondRecord(externalId, knowledgeOf(this.expected.expectation(at)), record)) this.right.set(at, false);
    }
  }

  private markClosed(): void {
    for (const at of this.expected.ids.keys()) {
      if (this.expected.standing(at) === 'closed') this.right.set(at, true);
    }
  }

  private async differences(): Promise<Difference[]> {
    const leadIds = await unreported(this.journeys, [...this.unknown.keys()]);
    return leadIds.map((leadId) => ({
      leadId,
      class: 'unknown',
      uuid: this.unknown.get(leadId) ?? '',
      command: commandFor('unknown', leadId) ?? '',
    }));
  }
}

/** The UUIDs of the sources whose customers are listed, the leads source first. */
function listsOf({ leads, billing, furtherBilling = {} }: Sources): string[] {
  return [...new Set([leads, billing, ...Object.values(furtherBilling)])];
}
