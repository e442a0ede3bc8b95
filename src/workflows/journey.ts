import type { Duration } from '@temporalio/common';
import {
  type CancellationScope,
  condition,
  log,
  patched,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { milliseconds } from '../domain/duration.js';
import { attentionSentences, type Goal, goalOf, type StepFailure } from '../domain/journey/attention.js';
import { datesAgree, datesFor, isContested, withoutOtherLeads } from '../domain/journey/dates.js';
import {
  contestedRules,
  type Facts,
  hasReports,
  leadDate,
  noFacts,
  ownDates,
  type PayerTrial,
  payerId,
  paymentDate,
  trialDate,
  trialOf,
} from '../domain/journey/facts.js';
import { formatInstant, type Instant } from '../domain/journey/instant.js';
import {
  forgetMerge,
  forgetPayer,
  hasPayerLeft,
  isReached,
  lookAgain,
  mergedRecord,
  type NextStep,
  nextStep,
  nothingObserved,
} from '../domain/journey/next-step.js';
import { noticesOf, unmergedNotices } from '../domain/journey/notices.js';
import { type CustomerRecord, holdsOtherLeads } from '../domain/journey/records.js';
import { stageOf } from '../domain/journey/stage.js';
import { isLeftByMerge, type Knowledge, keepsPayerDates } from '../domain/journey/step-answers.js';
import {
  afterFailures,
  afterUnmerge,
  beginUnmerge,
  type Unmerged,
  unmergedResult,
  unmergeRefusals,
  unmergeStep,
} from '../domain/journey/unmerging.js';
import { type Carried, journeyMigrations, migrate } from './carried-state.js';
import { currentDetails, describe, describeClosed } from './display.js';
import type { Attention, JourneyResult, JourneyView, Lead, RefusedReportNotice } from './messages.js';
import { NextRun } from './next-run.js';
import { settlingTime } from './policy.js';
import { slowLaneInterval } from './rules.js';
import { changedAttributes, searchAttributesOf } from './search-attributes.js';

/** The state that a journey passes from one run to the next. Plain data; `carried-state.ts` has the rules for a change. */
export interface JourneyState extends Mutable<Knowledge> {
  /** At most one per goal. */
  stepFailures: readonly StepFailure[];
  /** When the merge was first observed. */
  mergedAt?: Instant;
  /** The current lookup. A hint starts an attempt at once, but never extends the lookup. */
  lookup?: { readonly billingCustomerId: string; readonly until: Instant };
  /** Rejected reports, newest last. */
  refusedReports: readonly RefusedReportNotice[];
  /** The last unmerge that has ended. */
  unmerged?: Unmerged;
}

type Mutable<T> = { -readonly [key in keyof T]: T[key] };

/** What failed and how, for a {@link StepFailure}. */
export type Failure = Pick<StepFailure, 'step' | 'code' | 'status' | 'detail'>;

/** A request that the journey waits for. */
export interface RunningRequest {
  readonly step: NextStep;
  readonly scope: CancellationScope;
  /** How it ended: undefined while it runs. `failed` includes requests without an answer, which may have succeeded. */
  end?: 'answered' | 'failed' | 'cancelled';
  /** A message handler waits for its end. */
  isAwaited?: true;
}

/** One run of a journey: its state, and the changes that the workflow and the message handlers make. */
export class Journey {
  readonly lead: Lead;
  state: JourneyState;
  /** The note of `close`. */
  closed: string | undefined;
  /** `close` deleted the lead's record. */
  isRecordDeleted = false;
  /** Why there was nothing to unmerge, if the last unmerge has ended so. */
  unmergeRefusal: string | undefined;
  /** The running request, so that a message can cancel it. */
  running: RunningRequest | undefined;
  /** How many message handlers wait for the answer of a request. The journey cannot continue as new before. */
  waitingHandlers = 0;
  readonly nextRun = new NextRun();
  private changes = 0;

  /** @throws NewerStateError */
  constructor(lead: Lead, carried?: Carried<JourneyState>) {
    this.lead = lead;
    const { previousRunId } = lead;
    const observed = { ...nothingObserved, ...(previousRunId !== undefined && { previousRunId }) };
    this.state = carried
      ? migrate<JourneyState>(carried, journeyMigrations)
      : { facts: noFacts, observed, stepFailures: [], refusedReports: [] };
  }

  /** Records which goals are reached, and returns the next step. */
  decide(): NextStep {
    const { state } = this;
    const unmerging = this.nextUnmergeStep();
    this.closeIfNothingIsKnown();
    state.facts = withRulesOf(state.facts);
    this.keepForeignDatesOfOldRuns();
    this.forgetPayerThatLeft();
    const { facts } = state;
    if (mergedRecord(facts, state.observed)) {
      const pinnedPayer = payerId(facts, state.observed.pinnedPayer);
      state.observed = { ...state.observed, ...(pinnedPayer !== undefined && { pinnedPayer }) };
      state.mergedAt ??= now();
    }
    const next = unmerging ?? nextStep(this.lead.leadId, facts, state.observed);
    // The goal of the next step is not reached, regardless of the records.
    state.stepFailures = state.stepFailures.filter(
      ({ goal }) =>
        next.do !== 'finish' &&
        (goal === goalOfStep(next) || !isReached(goal, this.lead.leadId, facts, state.observed)),
    );
    return next;
  }

  /** In runs that began before this, the journey confirmed the merge again and again. */
  private forgetPayerThatLeft(): void {
    const { observed, unmerging } = this.state;
    if (unmerging !== undefined || !hasPayerLeft(observed) || !patched('payer-left')) return;
    this.state.observed = forgetPayer(observed);
  }

  /** Starts an unmerge, for a message handler. The running request is cancelled. */
  startUnmerging(note: string): void {
    const { state, running } = this;
    const isMerging = running?.step.do === 'requestMerge' || state.stepFailures.some(({ goal }) => goal === 'merge');
    Object.assign(state, beginUnmerge(state, note, { isMerging }));
    state.stepFailures = [];
    this.unmergeRefusal = undefined;
    running?.scope.cancel();
    this.change();
  }

  /** The next step of an unmerge. Undefined if there is none, or if it has ended: then its end is recorded. */
  private nextUnmergeStep(): NextStep | undefined {
    const { state, lead } = this;
    if (state.unmerging === undefined) return undefined;
    const unmerging = afterFailures(state.unmerging, state.stepFailures);
    if (unmerging !== state.unmerging) state.stepFailures = [];
    state.unmerging = unmerging;
    const known = { facts: state.facts, observed: state.observed, unmerging };
    const step = unmergeStep(lead.leadId, known);
    if (step.do !== 'end-unmerge') return step;
    const isUnmerged = step.outcome === 'unmerged';
    this.unmergeRefusal = unmergeRefusals[step.outcome];
    if (isUnmerged) state.unmerged = unmergedResult(lead.leadId, known, now());
    Object.assign(state, afterUnmerge(lead.leadId, known, step.outcome));
    state.stepFailures = [];
    delete state.unmerging;
    if (isUnmerged) delete state.hasWrittenShared;
    if (isUnmerged) delete state.mergedAt;
    return undefined;
  }

  /** Whether an unmerge waits for its next try. */
  get isUnmergePaused(): boolean {
    const { unmerging, stepFailures } = this.state;
    return unmerging !== undefined && stepFailures.some(({ nextTryAt }) => nextTryAt !== undefined);
  }

  /** An operator's request started this run, but the last run was closed or has no result, and nothing was reported. */
  private closeIfNothingIsKnown(): void {
    const { observed, facts } = this.state;
    const isRestarted = observed.previousRunId !== undefined && !this.awaitsPreviousResult;
    if (isRestarted && !hasReports(facts)) this.closed ??= 'Nothing is known of this lead: report it again.';
  }

  /**
   * Runs that began before foreign dates were judged kept any earlier date of a record. They go on to, because a replay
   * must decide the same.
   */
  private keepForeignDatesOfOldRuns(): void {
    const { facts, observed } = this.state;
    const { lead } = observed;
    if (lead === undefined || lead === 'none' || !isContested(lead, facts, this.lead.leadId)) return;
    if (patched('foreign-dates')) return;
    this.state.facts = withoutOtherLeads(facts);
    this.state.observed = { ...observed, lead: { ...lead, foreignDates: 'keep' } };
  }

  /**
   * Runs that began before the dates on an unmerged record were judged took them for the lead's own. They go on to,
   * because a replay must decide the same.
   */
  forgetMergeInOldRuns(record: CustomerRecord): void {
    if (this.state.unmerging || !isLeftByMerge(this.state, this.lead.leadId, record)) return;
    if (patched('unmerged-dates')) return;
    const { wasMerged, ...observed } = this.state.observed;
    this.state.observed = observed;
  }

  /**
   * Runs that began before this replaced the customer's dates from before the merge, once a person had unmerged the two.
   * They go on to, because these dates decide which dates of the merged record are foreign.
   */
  forgetPayerDatesInOldRuns(billingCustomerId: string, record: CustomerRecord): void {
    const { state, lead } = this;
    if (!keepsPayerDates(state, lead.leadId, billingCustomerId, record) || patched('first-payer-dates')) return;
    const { payerDates, ...facts } = state.facts;
    state.facts = facts;
  }

  /** Whether the journey still has to learn what the last journey of its lead knew. */
  get awaitsPreviousResult(): boolean {
    const { previousRunId, isPreviousResultKnown } = this.state.observed;
    return previousRunId !== undefined && isPreviousResultKnown !== true;
  }

  /** Waits until a message changes something. Returns false on timeout. */
  async waitForChange(timeout?: Duration): Promise<boolean> {
    const before = this.changes;
    const hasChanged = () => this.changes !== before || this.mustStop();
    if (timeout !== undefined)
      return condition(hasChanged, timeout, { summary: 'Waiting for the lead to be reported' });
    await condition(hasChanged);
    return true;
  }

  /** Records a change, which also ends the pause of every slow lane. */
  change(options: { withAllAttempts?: boolean } = {}): void {
    this.changes += 1;
    this.state.stepFailures = this.state.stepFailures.map(({ nextTryAt, ...failure }) => ({ ...failure, ...options }));
  }

  /** Ends the pause of one goal's slow lane. */
  wake(goal: Goal): void {
    this.state.stepFailures = this.state.stepFailures.map((failure) => {
      const { nextTryAt, ...woken } = failure;
      return failure.goal === goal ? woken : failure;
    });
  }

  failureOf(step: NextStep): StepFailure | undefined {
    const goal = goalOfStep(step);
    return this.state.stepFailures.find((failure) => failure.goal === goal);
  }

  /** Raises or updates attention. `since` stays the same while the same goal keeps failing in the same way. */
  raiseAttention({ step, code, status, detail }: Failure, goal: Goal = goalOf[step]): void {
    const before = this.state.stepFailures.find((failure) => failure.goal === goal);
    const slowTries = before ? before.slowTries + 1 : 0;
    const failure: StepFailure = {
      goal,
      step,
      code,
      since: before?.code === code ? before.since : now(),
      slowTries,
      nextTryAt: later(slowLaneInterval(code, slowTries)),
      ...(status !== undefined && { status }),
      ...(detail !== undefined && { detail }),
    };
    this.state.stepFailures = [...this.state.stepFailures.filter((other) => other.goal !== goal), failure];
    log.warn('attention', { code, step, status, slowTries });
  }

  /** The goal does not fail any more, although it is not reached yet. */
  resolve(goal: Goal): void {
    this.state.stepFailures = this.state.stepFailures.filter((failure) => failure.goal !== goal);
  }

  /** Waits in the slow lane until the next try is due, or until a retry, a hint or a new fact. Then starts the try. */
  async slowLane(failure: StepFailure): Promise<void> {
    const isWoken = () =>
      this.state.stepFailures.every(({ goal, nextTryAt }) => goal !== failure.goal || nextTryAt === undefined);
    const pause = Date.parse(failure.nextTryAt ?? now()) - Date.now();
    if (
      pause > 0 &&
      (await condition(() => isWoken() || this.mustStop(), pause, { summary: `Next try: ${failure.code}` }))
    ) {
      if (!isWoken()) return;
    }
    this.wake(failure.goal);
    const { refusal, ...observed } = this.state.observed;
    // Records may have been fixed, merged or deleted meanwhile, so these tries start with a new lookup of both.
    const isOfRecords = failure.goal === 'lead' || failure.goal === 'merge' || failure.goal === 'unmerge';
    const startsWithLookup = isOfRecords || failure.code === 'foreign-date';
    this.state.observed = startsWithLookup ? lookAgain(observed) : observed;
  }

  /** Waits until other journeys have finished writing to the shared record, then looks it up again. */
  async settle(): Promise<void> {
    const isInterrupted = () => this.mustStop() || this.state.unmerging !== undefined;
    if (await condition(isInterrupted, settlingTime, { summary: 'Other leads share this record' })) return;
    delete this.state.hasWrittenShared;
    this.forgetLead();
  }

  /** Stores what a request returned. */
  learn(known: Knowledge): void {
    Object.assign(this.state, known);
  }

  /** Drops the lead's record, so that it is looked up again. */
  forgetLead(): void {
    const { lead, ...observed } = this.state.observed;
    this.state.observed = observed;
  }

  /** A person unmerged the records: both are looked up again, and another payer may be pinned. */
  forgetMerge(): void {
    this.state.observed = forgetMerge(this.state.observed);
    delete this.state.mergedAt;
    this.state.stepFailures = this.state.stepFailures.filter(({ goal }) => goal !== 'merge');
  }

  /** Updates the Web UI. Details are free; search attributes are upserted only if one changed. */
  publish(): void {
    const view = this.view();
    setCurrentDetails(currentDetails(view));
    const changed = changedAttributes(workflowInfo().typedSearchAttributes, searchAttributesOf(view));
    if (changed.length > 0) upsertSearchAttributes(changed);
  }

  view(): JourneyView {
    const { lead, state } = this;
    const { facts, observed } = state;
    const next = this.shownStep();
    const record = observed.lead === 'none' || this.isRecordDeleted ? undefined : observed.lead;
    const merged = mergedRecord(facts, observed);
    const isSettling = isAtRest(next) && state.hasWrittenShared === true;
    const isSettled = merged && !isSettling && datesAgree(merged, datesFor(merged, facts, lead.leadId));
    return {
      leadId: lead.leadId,
      account: lead.account,
      stage: stageOf(facts, observed, isSettling ? undefined : next),
      doing:
        this.closed !== undefined
          ? describeClosed(next, this.isRecordDeleted)
          : isSettling
            ? settling
            : `${state.unmerging ? 'unmerging: ' : ''}${describe(next, this.failureOf(next))}`,
      ...given('leadCreatedAt', leadDate(facts) ?? record?.leadCreatedAt),
      ...given('trialStartedAt', trialDate(facts) ?? record?.freeTrialStartedAt),
      ...given('paidAt', paymentDate(facts, observed.pinnedPayer)),
      // Shown only once the dates are correct too, so that it costs no extra Action.
      ...given('mergedAt', isSettled ? state.mergedAt : undefined),
      ...given('billingCustomerId', payerId(facts, observed.pinnedPayer)),
      ...given('customerUuid', record?.uuid),
      ...given('payerUuid', merged?.uuid ?? observed.payer?.record.uuid),
      ...given('attention', attentionOf(state.stepFailures)),
      notices: [
        ...noticesOf(lead.leadId, facts, observed),
        ...unmergedNotices(state.unmerged),
        ...state.refusedReports,
      ],
      corrections: facts.corrections,
      ...given('withdrawals', facts.withdrawals),
      ...given('unmerging', state.unmerging && { note: state.unmerging.note }),
      ...given('unmerged', state.unmerged),
      ...given('ownDates', shownOwnDates(facts, record)),
      ...given('payerDates', facts.payerDates),
      ...given('otherLeads', facts.otherLeads),
      ...given('closed', this.closed),
      ...given('isRecordDeleted', this.isRecordDeleted || undefined),
    };
  }

  /** The view at the end. Dates that only another lead in the record has are left out. */
  result(outcome: JourneyResult['outcome']): JourneyResult {
    const { leadCreatedAt, trialStartedAt, ownDates: _, ...view } = this.view();
    const { facts, observed } = this.state;
    const { lead } = observed;
    const isShared = lead !== undefined && lead !== 'none' && holdsOtherLeads(lead, this.lead.leadId);
    const ownDates = { ...given('leadCreatedAt', leadDate(facts)), ...given('trialStartedAt', trialDate(facts)) };
    const shown = isShared
      ? ownDates
      : { ...given('leadCreatedAt', leadCreatedAt), ...given('trialStartedAt', trialStartedAt) };
    const showsOthers =
      shown.leadCreatedAt !== ownDates.leadCreatedAt || shown.trialStartedAt !== ownDates.trialStartedAt;
    return {
      ...view,
      ...shown,
      ...(showsOthers && { ownDates }),
      ...given('payerTrial', payerTrialOf(facts, view.billingCustomerId)),
      outcome,
    };
  }

  /** The next step, without recording anything. */
  private shownStep(): NextStep {
    const { lead, state } = this;
    const { facts, observed, unmerging } = state;
    const step = unmerging && unmergeStep(lead.leadId, { facts, observed, unmerging });
    return step === undefined || step.do === 'end-unmerge' ? nextStep(lead.leadId, facts, observed) : step;
  }

  private mustStop(): boolean {
    return this.closed !== undefined || this.nextRun.isDue();
  }
}

/** The lead's own dates, if the view shows others because the lead has none. */
function shownOwnDates(facts: Facts, record: CustomerRecord | undefined): JourneyView['ownDates'] {
  const [lead, trial] = [leadDate(facts), trialDate(facts)];
  const isLeadShown = lead === undefined && record?.leadCreatedAt !== undefined;
  const isTrialShown = trial === undefined && record?.freeTrialStartedAt !== undefined;
  if (!isLeadShown && !isTrialShown) return undefined;
  return { ...given('leadCreatedAt', lead), ...given('trialStartedAt', trial) };
}

function payerTrialOf(facts: Facts, payer: string | undefined): PayerTrial | undefined {
  const at = payer === undefined ? undefined : trialOf(facts, payer);
  if (payer === undefined || at === undefined || at !== trialDate(facts)) return undefined;
  return { at, otherwise: ownDates(facts, [payer]) };
}

/** Leaves out the rules that this run began before. A marker is written only where a rule decides something. */
export function withRulesOf(facts: Facts): Facts {
  const missing = contestedRules(facts).filter((rule) => !facts.without?.[rule] && !patched(rule));
  if (missing.length === 0) return facts;
  return { ...facts, without: { ...facts.without, ...Object.fromEntries(missing.map((rule) => [rule, true])) } };
}

export function now(): Instant {
  return formatInstant(new Date());
}

export function later(interval: Duration): Instant {
  return formatInstant(new Date(Date.now() + milliseconds(interval)));
}

/** Whether nothing is left to do, for now or permanently. */
export function isAtRest(step: NextStep): boolean {
  return step.do === 'wait' || step.do === 'finish';
}

const settling = 'rechecking a record that is shared with other leads';

function goalOfStep(step: NextStep): Goal | undefined {
  if (step.do === 'raise-attention') return step.goal;
  return step.do === 'wait' || step.do === 'finish' ? undefined : goalOf[step.do];
}

/**
 * The failure of the earliest goal, which must be fixed first. For example, a merge stays unconfirmed while the lead is
 * missing, so attention about the merge would not help.
 */
function attentionOf(stepFailures: readonly StepFailure[]): Attention | undefined {
  const first = goalsInOrder.flatMap((goal) => stepFailures.filter((failure) => failure.goal === goal))[0];
  if (!first) return undefined;
  const { goal, slowTries, withAllAttempts, ...attention } = first;
  return { ...attention, text: attentionSentences[first.code] };
}

const goalsInOrder: readonly Goal[] = ['unmerge', 'lead', 'dates', 'payer', 'merge'];

function given<Key extends string, Value>(key: Key, value: Value | undefined): { [key in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [key in Key]?: Value }); // a computed key widens to string
}
