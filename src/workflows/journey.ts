import type { Duration } from '@temporalio/common';
import {
  type CancellationScope,
  condition,
  log,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { milliseconds } from '../domain/duration.js';
import { attentionSentences, type Goal, goalOf, type StepFailure } from '../domain/journey/attention.js';
import { datesAgree, datesFor } from '../domain/journey/dates.js';
import { leadDate, noFacts, payerId, paymentDate, trialDate } from '../domain/journey/facts.js';
import { formatInstant, type Instant } from '../domain/journey/instant.js';
import {
  isReached,
  lookAgain,
  mergedRecord,
  type NextStep,
  nextStep,
  nothingObserved,
} from '../domain/journey/next-step.js';
import { noticesOf } from '../domain/journey/notices.js';
import { stageOf } from '../domain/journey/stage.js';
import type { Knowledge } from '../domain/journey/step-answers.js';
import { currentDetails, describe } from './display.js';
import type { Attention, JourneyView, Lead, RefusedReportNotice } from './messages.js';
import { settlingTime, slowLaneInterval } from './policy.js';
import { changedAttributes, searchAttributesOf } from './search-attributes.js';

/** All that a journey carries from one run to the next. Plain data. */
export interface JourneyState extends Mutable<Knowledge> {
  /** At most one a goal. */
  stepFailures: readonly StepFailure[];
  /** When the merge was first seen to be done. */
  mergedAt?: Instant;
  /** The lookup under way: a hint looks at once, but never prolongs it. */
  lookup?: { readonly billingCustomerId: string; readonly until: Instant };
  /** Reports that could not be read, newest last. */
  refusedReports: readonly RefusedReportNotice[];
}

type Mutable<T> = { -readonly [key in keyof T]: T[key] };

/** What failed, and how: the ingredients of a {@link StepFailure}. */
export type Failure = Pick<StepFailure, 'step' | 'code' | 'status' | 'detail'>;

/** One run of a journey: its state, and what the story and the message handlers do to it. */
export class Journey {
  readonly lead: Lead;
  state: JourneyState;
  /** The note of `close`. */
  closed: string | undefined;
  /** The request under way, so that a message can interrupt it. */
  running: { readonly step: NextStep; readonly scope: CancellationScope } | undefined;
  private changes = 0;

  constructor(lead: Lead, carried?: JourneyState) {
    this.lead = lead;
    this.state = carried ?? { facts: noFacts, observed: nothingObserved, stepFailures: [], refusedReports: [] };
  }

  /** The next step, after noting what has been reached by now. */
  decide(): NextStep {
    const { state } = this;
    const { facts } = state;
    if (mergedRecord(facts, state.observed)) {
      const pinnedPayer = payerId(facts, state.observed.pinnedPayer);
      state.observed = { ...state.observed, ...(pinnedPayer !== undefined && { pinnedPayer }) };
      state.mergedAt ??= now();
    }
    const next = nextStep(this.lead.leadId, facts, state.observed);
    // A goal that the next step still works at is not reached, whatever the records look like.
    state.stepFailures = state.stepFailures.filter(
      ({ goal }) =>
        next.do !== 'finish' &&
        (goal === goalOfStep(next) || !isReached(goal, this.lead.leadId, facts, state.observed)),
    );
    return next;
  }

  /** Waits until a message changes something. False if the time ran out first. */
  async waitForChange(timeout?: Duration): Promise<boolean> {
    const before = this.changes;
    const hasChanged = () => this.changes !== before || this.mustStop();
    if (timeout !== undefined)
      return condition(hasChanged, timeout, { summary: 'Waiting for the lead to be reported' });
    await condition(hasChanged);
    return true;
  }

  /** Notes that something changed, which also ends the pause of every slow lane. */
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

  /** Raises attention, or refreshes it: `since` stays while the same goal keeps failing. */
  raiseAttention({ step, code, status, detail }: Failure, goal: Goal = goalOf[step]): void {
    const before = this.state.stepFailures.find((failure) => failure.goal === goal);
    const slowTries = before ? before.slowTries + 1 : 0;
    const failure: StepFailure = {
      goal,
      step,
      code,
      since: before?.since ?? now(),
      slowTries,
      nextTryAt: later(slowLaneInterval(code, slowTries)),
      ...(status !== undefined && { status }),
      ...(detail !== undefined && { detail }),
    };
    this.state.stepFailures = [...this.state.stepFailures.filter((other) => other.goal !== goal), failure];
    log.warn('attention', { code, step, status, slowTries });
  }

  /** The pause of the slow lane: until its time, a retry, a hint or a new fact. Then the try begins. */
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
    // Somebody may have mended, merged or deleted records meanwhile: these tries begin with a fresh look at both.
    this.state.observed = failure.goal === 'lead' || failure.goal === 'merge' ? lookAgain(observed) : observed;
  }

  /** Lets the journeys that write to the same record come to rest, and then looks at it again. */
  async settle(): Promise<void> {
    if (await condition(() => this.mustStop(), settlingTime, { summary: 'Other leads share this record' })) return;
    delete this.state.hasWrittenShared;
    this.forgetLead();
  }

  /** Takes in what became known by a request. */
  learn(known: Knowledge): void {
    Object.assign(this.state, known);
  }

  /** Has the lead's record looked up again, and nothing else. */
  forgetLead(): void {
    const { lead, ...observed } = this.state.observed;
    this.state.observed = observed;
  }

  /** The merge was undone by hand: both records are looked up again, and another payer may be pinned. */
  forgetMerge(): void {
    const { pinnedPayer, ...observed } = this.state.observed;
    this.state.observed = lookAgain(observed);
    delete this.state.mergedAt;
    this.state.stepFailures = this.state.stepFailures.filter(({ goal }) => goal !== 'merge');
  }

  /** Brings the Web UI up to date: details are free, attributes are sent only if one changed. */
  publish(): void {
    const view = this.view();
    setCurrentDetails(currentDetails(view));
    const changed = changedAttributes(workflowInfo().typedSearchAttributes, searchAttributesOf(view));
    if (changed.length > 0) upsertSearchAttributes(changed);
  }

  view(): JourneyView {
    const { lead, state } = this;
    const { facts, observed } = state;
    const next = nextStep(lead.leadId, facts, observed);
    const record = observed.lead === 'none' ? undefined : observed.lead;
    const merged = mergedRecord(facts, observed);
    const isSettling = isAtRest(next) && state.hasWrittenShared === true;
    const isSettled = merged && !isSettling && datesAgree(merged, datesFor(merged, facts, lead.leadId));
    return {
      leadId: lead.leadId,
      account: lead.account,
      stage: stageOf(facts, observed, isSettling ? undefined : next),
      doing: this.closed !== undefined ? 'closed' : isSettling ? settling : describe(next, this.failureOf(next)),
      ...given('leadCreatedAt', leadDate(facts) ?? record?.leadCreatedAt),
      ...given('trialStartedAt', trialDate(facts) ?? record?.freeTrialStartedAt),
      ...given('paidAt', paymentDate(facts, observed.pinnedPayer)),
      // Shown once the true dates are back too, so that it costs no Action of its own.
      ...given('mergedAt', isSettled ? state.mergedAt : undefined),
      ...given('billingCustomerId', payerId(facts, observed.pinnedPayer)),
      ...given('customerUuid', record?.uuid),
      ...given('payerUuid', merged?.uuid ?? observed.payer?.record.uuid),
      ...given('attention', attentionOf(state.stepFailures)),
      notices: [...noticesOf(facts, observed), ...state.refusedReports],
      corrections: facts.corrections,
      ...given('withdrawals', facts.withdrawals),
      ...given('closed', this.closed),
    };
  }

  private mustStop(): boolean {
    return this.closed !== undefined || workflowInfo().continueAsNewSuggested;
  }
}

export function now(): Instant {
  return formatInstant(new Date());
}

function later(interval: Duration): Instant {
  return formatInstant(new Date(Date.now() + milliseconds(interval)));
}

/** Nothing is left to do for now, or at all. */
export function isAtRest(step: NextStep): boolean {
  return step.do === 'wait' || step.do === 'finish';
}

const settling = "looking once more at a record that other leads' journeys write to";

function goalOfStep(step: NextStep): Goal | undefined {
  if (step.do === 'raise-attention') return step.goal;
  return step.do === 'wait' || step.do === 'finish' ? undefined : goalOf[step.do];
}

/**
 * The failure that comes first in the story is the one to mend first: a merge stays unconfirmed for as long as the lead is
 * missing, and whoever is told of the merge alone would wait for ever.
 */
function attentionOf(stepFailures: readonly StepFailure[]): Attention | undefined {
  const first = goalsInOrder.flatMap((goal) => stepFailures.filter((failure) => failure.goal === goal))[0];
  if (!first) return undefined;
  const { goal, slowTries, withAllAttempts, ...attention } = first;
  return { ...attention, text: attentionSentences[first.code] };
}

const goalsInOrder: readonly Goal[] = ['lead', 'dates', 'payer', 'merge'];

function given<Key extends string, Value>(key: Key, value: Value | undefined): { [key in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [key in Key]?: Value }); // a computed key widens to string
}
