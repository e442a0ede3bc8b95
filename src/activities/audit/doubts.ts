import { cancellationSignal } from '@temporalio/activity';
import { type AuditClass, isDifference } from '../../domain/audit/classes.js';
import { commandFor } from '../../domain/audit/commands.js';
import { type Expectation, expectationOf, joinExpectations, knowledgeOf } from '../../domain/audit/expectation.js';
import {
  isSecondRecord,
  judge,
  mayHaveSecondRecord,
  severalRecords,
  type Verdict,
  withoutPayer,
} from '../../domain/audit/judge.js';
import { formatInstant } from '../../domain/journey/instant.js';
import { type CustomerRecord, holdsLead, holdsPayer } from '../../domain/journey/records.js';
import { afterAnswer, type Knowledge } from '../../domain/journey/step-answers.js';
import type { Journeys } from '../../journeys/index.js';
import { type JourneyProgress, progressOf } from '../../journeys/progress.js';
import type { AuditCounts, Difference } from '../../workflows/audit-messages.js';
import type { Deps } from '../deps.js';
import { previousResultOf } from '../find-previous-result.js';
import { journeysOf } from '../journeys.js';
import { billingIdIn, recordOf } from '../records.js';
import type { ExpectedCache } from './expected-cache.js';
import type { ExpectedLeads } from './expected-leads.js';
import { longRunning } from './long-running.js';
import type { DoubtsInput, DoubtsOutput } from './parts.js';
import { RightLeads } from './right-leads.js';
import { trialHash } from './trial-records.js';

/** One part of the doubts: a killed worker repeats at most so many. */
const leadsAtOnce = 200;
/** As many as keep the account's rate busy without delaying live requests. */
const examinedAtOnce = 4;

/** Reads the records of the leads that the lists have not shown to be right, one by one, and judges each. */
export function auditDoubtsActivity(deps: Deps, cache: ExpectedCache) {
  return async (input: DoubtsInput): Promise<DoubtsOutput> =>
    longRunning('auditDoubts', async () => {
      const journeys = journeysOf(input.account);
      const expected = await cache.of(journeys, input);
      const { at, leads, next } = doubtsOf(expected, input);
      const examiner = new Examiner(deps, expected, journeys, new Set(input.trialRecords));
      const waiting = at.values();
      const examineOneByOne = async () => {
        for (const index of waiting) await examiner.examine(index);
      };
      await Promise.all(Array.from({ length: examinedAtOnce }, examineOneByOne));
      const { counts, requests, differences } = examiner;
      return { ...(next !== undefined && { next }), leads, examined: at.length, requests, counts, differences };
    });
}

/** A part ends between two hashes, so that each lead is in one part, also if the expected leads of the next worker differ. */
function doubtsOf(expected: ExpectedLeads, { from, right: text }: DoubtsInput) {
  const right = RightLeads.read(expected, text);
  const first = expected.firstFrom(from);
  const at: number[] = [];
  for (let index = first; index < expected.ids.length; index += 1) {
    const next = expected.hashAt(index);
    if (at.length >= leadsAtOnce && next !== expected.hashAt(index - 1)) return { at, leads: index - first, next };
    if (!right.has(index)) at.push(index);
  }
  return { at, leads: expected.ids.length - first };
}

class Examiner {
  readonly differences: Difference[] = [];
  requests = 0;
  private readonly found = new Map<AuditClass, number>();
  private readonly now = formatInstant(new Date());

  constructor(
    private readonly deps: Deps,
    private readonly expected: ExpectedLeads,
    private readonly journeys: Journeys,
    private readonly trialRecords: ReadonlySet<string>,
  ) {}

  get counts(): AuditCounts {
    return Object.fromEntries(this.found);
  }

  async examine(index: number): Promise<void> {
    const leadId = this.expected.ids[index] ?? '';
    const progress = await progressOf(this.journeys, leadId);
    const verdict = fromJourney(progress) ?? (await this.read(index, leadId, progress));
    // A journey that was restarted meanwhile is about to change the record.
    const isMoving = isDifference(verdict.class) && progress !== undefined && (await this.isMoving(leadId));
    this.count(leadId, isMoving ? { class: 'in-progress' } : verdict, progress);
  }

  private async read(index: number, leadId: string, progress: JourneyProgress | undefined): Promise<Verdict> {
    const verdict = await this.compare(leadId, await this.expectation(index, progress));
    if (progress?.rest !== 'ended' || verdict.class === 'missing') return verdict;
    return { ...verdict, class: 'stopped', detail: progress.summary.status.toLowerCase() };
  }

  private count(leadId: string, verdict: Verdict, progress: JourneyProgress | undefined): void {
    const { foreign, ...difference } = verdict;
    const { class: found } = difference;
    this.found.set(found, (this.found.get(found) ?? 0) + 1);
    if (!isDifference(found)) return;
    const command = found === 'missing' ? commandForMissing(leadId, progress) : commandFor(found, leadId, verdict);
    this.differences.push({ leadId, ...difference, ...(command !== undefined && { command }) });
  }

  private async isMoving(leadId: string): Promise<boolean> {
    const progress = await progressOf(this.journeys, leadId);
    return progress !== undefined && progress.rest === undefined;
  }

  /** All that a restarted journey would know. */
  private async expectation(index: number, progress: JourneyProgress | undefined): Promise<Expectation> {
    const leadId = this.expected.ids[index] ?? '';
    if (progress === undefined || progress.rest === 'ended') return this.expected.expectation(index);
    const view = await this.journeys.view(leadId);
    const known = expectationOf(view, previousResultOf(view));
    const facts = this.expected.inFile(leadId);
    return facts === undefined ? known : joinExpectations(known, { facts, wasMerged: false });
  }

  private async compare(leadId: string, expectation: Expectation): Promise<Verdict> {
    let known = knowledgeOf(expectation);
    for (;;) {
      const judgement = judge(leadId, known);
      if ('verdict' in judgement) return this.unlessCountedTwice(leadId, known, judgement.verdict);
      const { look } = judgement;
      if (look.do === 'findLead') {
        const records = (await this.find(this.deps.sources().leads, leadId)).filter((it) => holdsLead(it, leadId));
        if (records.length > 1) return severalRecords(records.map(({ uuid }) => uuid));
        known = afterAnswer(known, leadId, look, records[0] ?? 'none', this.now);
      } else {
        const [record] = await this.customersOf(look.billingCustomerId);
        if (record === undefined) return withoutPayer(known);
        known = afterAnswer(known, leadId, look, record, this.now);
      }
    }
  }

  private async unlessCountedTwice(leadId: string, known: Knowledge, verdict: Verdict): Promise<Verdict> {
    if (verdict.class !== 'ok') return verdict;
    const { leads, billing } = this.deps.sources();
    const { uuid = '' } = verdict;
    if (known.facts.trialStartedAt !== undefined && this.trialRecords.has(trialHash(uuid))) {
      return { class: 'trial-ignored', uuid };
    }
    if (leads === billing || !mayHaveSecondRecord(known)) return verdict;
    const second = (await this.customersOf(leadId)).find((record) => isSecondRecord(leadId, known, record));
    return second === undefined ? verdict : severalRecords([uuid, second.uuid]);
  }

  /** The records with this customer, in its billing source. */
  private async customersOf(billingCustomerId: string): Promise<CustomerRecord[]> {
    const { dataSourceUuid, externalId } = billingIdIn(this.deps.sources(), billingCustomerId);
    const records = await this.find(dataSourceUuid, externalId);
    return records.filter((record) => holdsPayer(record, billingCustomerId));
  }

  private async find(dataSourceUuid: string, externalId: string): Promise<CustomerRecord[]> {
    const { chartMogul, sources, settings } = this.deps;
    this.requests += 1;
    const customers = await chartMogul.findCustomers(dataSourceUuid, externalId, cancellationSignal());
    return customers.map((customer) => recordOf(customer, sources(), settings));
  }
}

/** A journey without a result has lost the profile, so the record can only be created from a report. */
function commandForMissing(leadId: string, progress: JourneyProgress | undefined): string | undefined {
  if (progress === undefined) return 'customer-journey import FILE';
  return commandFor(progress.rest === 'ended' ? 'unknown' : 'missing', leadId);
}

/** What the state of the journey alone decides. */
function fromJourney(progress: JourneyProgress | undefined): Verdict | undefined {
  if (progress === undefined) return undefined;
  const { rest, summary } = progress;
  switch (rest) {
    case undefined:
      return { class: 'in-progress' };
    case 'attention':
      return { class: 'attention', ...(summary.attention !== undefined && { detail: summary.attention }) };
    case 'closed':
      return { class: 'ok' };
    default:
      return undefined;
  }
}
