import {
  ApplicationFailure,
  condition,
  log,
  patched,
  type SignalDefinition,
  setDefaultSignalHandler,
  setHandler,
} from '@temporalio/workflow';
import { milliseconds } from '../domain/duration.js';
import { tooLate, whileUnmerging } from '../domain/journey/attention.js';
import {
  confirmSamePerson,
  correctableDates,
  correctFacts,
  customersOf,
  type Facts,
  factsOf,
  joinFacts,
  payerId,
  paymentDate,
  reinstateFacts,
  relinkFacts,
  withdrawFacts,
} from '../domain/journey/facts.js';
import { readInstant } from '../domain/journey/instant.js';
import { lookAgain, mergedRecord, retried } from '../domain/journey/next-step.js';
import {
  checkId,
  isTrueProblems,
  type Problem,
  parseDate,
  parseReport,
  parseReports,
  type Report,
  type ReportKind,
} from '../domain/journey/reports.js';
import { unmergeRefusals, withoutUnmergedTrial } from '../domain/journey/unmerging.js';
import { type Journey, type RunningRequest, withRulesOf } from './journey.js';
import * as messages from './messages.js';
import { unmergeAnswerTimeout } from './policy.js';
import { currentRules } from './rules.js';
import { deleteRecord, stopIfTooLong, stopRequest } from './steps.js';

/** How many rejected reports a journey shows; the log has all of them. */
const refusedReportsShown = 5;

/**
 * Registers all message handlers of a journey, before its first step. Handlers only record facts and requests; the
 * workflow processes them. Only `close` and `withdraw` wait, for the end of a write that they interrupt.
 */
export function answerMessages(journey: Journey): void {
  const onSignal = <Args extends unknown[]>(
    signal: SignalDefinition<Args>,
    description: string,
    handle: (...args: Args) => void,
  ) =>
    setHandler(
      signal,
      (...args: Args) => {
        handle(...args);
        stopIfTooLong(journey);
      },
      { description },
    );
  onSignal(messages.leadCreated, 'The lead was created in your database', (input) =>
    report(journey, 'leadCreated', input),
  );
  onSignal(messages.trialStarted, 'A free trial started', (input) => report(journey, 'trialStarted', input));
  onSignal(messages.paymentSucceeded, 'A payment succeeded', (input) => report(journey, 'paymentSucceeded', input));
  onSignal(messages.reported, 'Several reports at once', (input) => reported(journey, input));
  onSignal(messages.payerHint, 'Look for the paying customer now', hintHandler(journey));
  onSignal(messages.retry, 'Retry now, with all attempts', (request?: messages.RetryRequest) =>
    retry(journey, request),
  );
  setDefaultSignalHandler((name) => {
    log.warn('unknown signal dropped', { name });
    stopIfTooLong(journey);
  });

  setHandler(messages.journey, () => journey.view(), { description: 'The current state of the journey' });

  setHandler(messages.correct, (request) => correct(journey, request), {
    description: 'Replace a date',
    validator: (request) => refuse(correctProblems(journey, request)),
  });
  setHandler(messages.relink, (request) => relink(journey, request), {
    description: 'Set another billing customer',
    validator: (request) => refuse(relinkProblems(journey, request)),
  });
  setHandler(messages.mergeCustomer, (request) => mergeCustomer(journey, request), {
    description: 'Confirm that another billing customer is the same person, and merge it too',
    validator: (request) => refuse(mergeProblems(journey, request)),
  });
  setHandler(messages.withdraw, (request) => withdraw(journey, request), {
    description: 'Withdraw a billing customer that belongs to another lead',
    validator: (request) => refuse(withdrawalProblems(journey, request)),
  });
  setHandler(messages.unmerge, (request) => unmerge(journey, request), {
    description: 'Take back the merge of the lead',
    validator: (request) => refuse(unmergeProblems(journey, request)),
  });
  setHandler(messages.close, (request) => close(journey, request), {
    description: 'End the journey in its current state',
    validator: (request) =>
      refuse([...noteProblems(request), ...isTrueProblems(request?.deleteRecord, '/deleteRecord')]),
  });
}

function report(journey: Journey, kind: ReportKind, input: unknown): void {
  const parsed = parseReport(kind, input, Date.now());
  if (parsed.ok) learnReports(journey, [parsed.value]);
  else noteRefused(journey, kind, parsed.problems);
}

function reported(journey: Journey, input: unknown): void {
  const parsed = parseReports(input, Date.now());
  if (parsed.ok) learnReports(journey, parsed.value);
  else noteRefused(journey, 'reported', parsed.problems);
}

function learnReports(journey: Journey, reports: readonly Report[]): void {
  const { facts, observed } = journey.state;
  const joined = withRulesOf(reports.reduce((known, report) => learnReport(known, report, journey.lead.leadId), facts));
  if (decisive(joined) === decisive(facts)) {
    journey.state.facts = joined;
    return;
  }
  learn(journey, joined);

  const isFirstPayment =
    paymentDate(facts, observed.pinnedPayer) === undefined && paymentDate(joined, observed.pinnedPayer) !== undefined;
  // The merge may be old, so look up the proof again.
  if (isFirstPayment && mergedRecord(joined, observed)) journey.state.observed = lookAgain(observed);
  journey.change();
}

/** Facts for a comparison, without those that only an unmerge uses: runs of older releases did not have them. */
function decisive({ trialWithoutCustomer, ...facts }: Facts): string {
  return JSON.stringify(facts);
}

function learnReport(known: Facts, report: Report, leadId: string): Facts {
  const joined = joinFacts(known, withoutUnmergedTrial(known, factsOf(report, leadId)));
  if (report.kind === 'leadCreated' || !report.reinstates) return joined;
  return reinstateFacts(joined, report.billingCustomerId ?? leadId);
}

function noteRefused(journey: Journey, kind: ReportKind | 'reported', problems: readonly Problem[]): void {
  const reasons = problems.map(({ pointer, message }) => `${pointer || 'it'} ${message}`).join('; ');
  const notice = { code: 'report-refused', text: `A report ${kind} was rejected: ${reasons}.` } as const;
  log.warn('report refused', { kind, reasons });
  const others = journey.state.refusedReports.filter(({ text }) => text !== notice.text);
  journey.state.refusedReports = [...others, notice].slice(-refusedReportsShown);
  journey.publish();
}

/** A hint ends the pause between two lookup attempts. Without a lookup, it is dropped. */
function hintHandler(journey: Journey): () => void {
  let lastWake = Number.NEGATIVE_INFINITY;
  return () => {
    const isLooking = journey.running?.step.do === 'findPayingCustomer';
    const isPausing = journey.state.stepFailures.some(
      ({ goal, nextTryAt }) => goal === 'payer' && nextTryAt !== undefined,
    );
    if ((!isLooking && !isPausing) || Date.now() - lastWake < milliseconds(currentRules().hintInterval)) return;
    lastWake = Date.now();
    if (isLooking) journey.running?.scope.cancel();
    else journey.wake('payer');
  };
}

function retry(journey: Journey, request: unknown): void {
  const recreate =
    typeof request === 'object' && request !== null && 'recreate' in request && request.recreate === true;
  const { observed } = journey.state;
  // Runs from before this patch created a record again only if they had seen that it is gone.
  const recreates = recreate && (observed.lead === 'none' || patched('recreate-once-missing'));
  journey.state.observed = retried(observed, { recreate: recreates });
  if (journey.running?.step.do === 'findPayingCustomer') journey.running.scope.cancel();
  journey.change({ withAllAttempts: true });
}

type View = messages.JourneyView;

/**
 * Handles an operator's request. If it started a new run of an ended journey, first waits until `isReady`, and validates
 * the request again: with what the ended run knew.
 */
function onceReady(
  journey: Journey,
  { isReady, problems }: { readonly isReady: () => boolean; readonly problems: () => Problem[] },
  handle: () => View | Promise<View>,
): View | Promise<View> {
  if (!journey.awaitsPreviousResult) return handle();
  journey.waitingHandlers += 1;
  return condition(isReady).then(() => {
    journey.waitingHandlers -= 1;
    refuse(problems());
    return handle();
  });
}

function correct(journey: Journey, request: messages.CorrectRequest): View | Promise<View> {
  const isReady = () => !journey.awaitsPreviousResult;
  return onceReady(journey, { isReady, problems: () => correctProblems(journey, request) }, () => {
    const { date, to, note } = request;
    const instant = readInstant(to) ?? to; // the validator has checked it
    journey.state.facts = correctFacts(journey.state.facts, date, { to: instant, note });
    journey.change();
    return journey.view();
  });
}

function correctProblems(journey: Journey, request: Partial<messages.CorrectRequest> | undefined): Problem[] {
  const problems = noteProblems(request);
  const date = correctableDates.find((known) => known === request?.date);
  if (date === undefined) {
    problems.push({ pointer: '/date', message: `must be one of ${correctableDates.join(', ')}` });
  } else if (!journey.awaitsPreviousResult && journey.view()[date] === undefined) {
    problems.push({
      pointer: '/date',
      message: 'was never reported, so there is nothing to correct; report it instead',
    });
  }
  parseDate(request?.to, '/to', Date.now(), problems);
  return problems;
}

function relink(journey: Journey, request: messages.RelinkRequest): View | Promise<View> {
  // What the ended run merged may have been unmerged since: the record tells.
  const isReady = () =>
    !journey.awaitsPreviousResult &&
    (journey.state.observed.lead !== undefined ||
      journey.state.stepFailures.length > 0 ||
      journey.closed !== undefined);
  return onceReady(journey, { isReady, problems: () => relinkProblems(journey, request) }, () => {
    learn(journey, relinkFacts(journey.state.facts, request.billingCustomerId, request.note));
    journey.change();
    return journey.view();
  });
}

function relinkProblems(journey: Journey, request: Partial<messages.RelinkRequest> | undefined): Problem[] {
  const problems = noteProblems(request);
  checkId(request?.billingCustomerId, '/billingCustomerId', problems);
  problems.push(...unmergingProblems(journey));
  if (problems.length === 0 && journey.state.observed.pinnedPayer !== undefined) {
    problems.push({ pointer: '', message: tooLate(journey.lead.leadId) });
  }
  return problems;
}

/** An unmerge changes what is known of the billing customers. */
function unmergingProblems({ state }: Journey): Problem[] {
  return state.unmerging ? [{ pointer: '', message: whileUnmerging }] : [];
}

function mergeCustomer(journey: Journey, request: messages.MergeCustomerRequest): View | Promise<View> {
  const isReady = () => !journey.awaitsPreviousResult;
  return onceReady(journey, { isReady, problems: () => mergeProblems(journey, request) }, () => {
    journey.state.facts = confirmSamePerson(journey.state.facts, request.billingCustomerId);
    journey.change();
    return journey.view();
  });
}

function mergeProblems(journey: Journey, request: Partial<messages.MergeCustomerRequest> | undefined): Problem[] {
  const problems = noteProblems(request);
  problems.push(...unmergingProblems(journey));
  const id = request?.billingCustomerId;
  const { facts } = journey.state;
  if (
    checkId(id, '/billingCustomerId', problems) &&
    !journey.awaitsPreviousResult &&
    !customersOf(facts).includes(id)
  ) {
    const message = `names ${id}, which is not a billing customer of this lead; report its trial or payment for the lead first`;
    problems.push({ pointer: '', message });
  }
  return problems;
}

async function withdraw(journey: Journey, request: messages.WithdrawRequest): Promise<View> {
  const { billingCustomerId, note, isUnmerged } = request;
  if (isUnmerged && isPinned(journey, billingCustomerId)) {
    const wasMerged = mergedRecord(journey.state.facts, journey.state.observed) !== undefined;
    const stopping = stopRequest(journey);
    if (stopping && mayHaveChangedPayer(journey, await stopping, wasMerged)) {
      refuse([{ pointer: '', message: tooLate(journey.lead.leadId) }]);
    }
    journey.forgetMerge();
  }
  learn(journey, withdrawFacts(journey.state.facts, { billingCustomerId, note }));
  journey.change();
  return journey.view();
}

/** Whether a write may have merged the lead again, or dated the merged record, after a person unmerged the two. */
function mayHaveChangedPayer({ state }: Journey, { step, end }: RunningRequest, wasMerged: boolean): boolean {
  if (end === 'cancelled' || state.observed.refusal?.step === step.do) return false;
  return step.do === 'requestMerge' || (step.do === 'writeDates' && wasMerged);
}

function withdrawalProblems(journey: Journey, request: Partial<messages.WithdrawRequest> | undefined): Problem[] {
  const problems = noteProblems(request);
  checkId(request?.billingCustomerId, '/billingCustomerId', problems);
  problems.push(...unmergingProblems(journey));
  if (problems.length === 0 && request?.isUnmerged !== true && isPinned(journey, request?.billingCustomerId)) {
    problems.push({ pointer: '', message: tooLate(journey.lead.leadId) });
  }
  return problems;
}

/** Whether a merge with this customer was requested. */
function isPinned({ state }: Journey, billingCustomerId: string | undefined): boolean {
  return billingCustomerId !== undefined && state.observed.pinnedPayer === billingCustomerId;
}

function unmerge(journey: Journey, request: messages.UnmergeRequest): View | Promise<View> {
  const isReady = () => !journey.awaitsPreviousResult || journey.closed !== undefined;
  return onceReady(journey, { isReady, problems: () => unmergeProblems(journey, request) }, () =>
    unmergeNow(journey, request),
  );
}

/** Answers when the unmerge has ended, or when it takes long: then the journey goes on with it. */
async function unmergeNow(journey: Journey, { note }: messages.UnmergeRequest): Promise<View> {
  const { state, nextRun } = journey;
  if (state.unmerging === undefined) journey.startUnmerging(note);
  const isAnswered = () =>
    state.unmerging === undefined || journey.isUnmergePaused || journey.closed !== undefined || nextRun.isDue();
  await condition(isAnswered, unmergeAnswerTimeout, { summary: 'Answer the unmerge, even if it has not ended' });
  if (state.unmerging === undefined && journey.unmergeRefusal !== undefined) {
    refuse([{ pointer: '', message: journey.unmergeRefusal }]);
  }
  return journey.view();
}

function unmergeProblems(journey: Journey, request: Partial<messages.UnmergeRequest> | undefined): Problem[] {
  const problems = noteProblems(request);
  const { observed, unmerging } = journey.state;
  const hasNoRecord = observed.leadRecord === 'not-made' && observed.lead === 'none';
  if (journey.closed !== undefined) problems.push({ pointer: '', message: `is closed: ${journey.closed}` });
  else if (!journey.awaitsPreviousResult && !unmerging && hasNoRecord) {
    problems.push({ pointer: '', message: unmergeRefusals['no-record'] });
  }
  return problems;
}

function close(journey: Journey, request: messages.CloseRequest): View | Promise<View> {
  const isReady = () => !journey.awaitsPreviousResult;
  return onceReady(journey, { isReady, problems: () => [] }, () => closeNow(journey, request));
}

async function closeNow(journey: Journey, { note, deleteRecord }: messages.CloseRequest): Promise<View> {
  journey.closed = note;
  const stopping = stopRequest(journey);
  if (stopping) await stopping;
  journey.change();
  if (deleteRecord) await deleteLead(journey);
  return journey.view();
}

/** Deletes the record of a journey that is being closed. If that fails, the journey goes on. */
async function deleteLead(journey: Journey): Promise<void> {
  // The record must not be created again by a request that is under way.
  await condition(() => journey.running === undefined);
  try {
    await deleteRecord(journey.lead);
    journey.isRecordDeleted = true;
  } catch (error) {
    journey.closed = undefined;
    journey.change();
    throw error;
  }
}

export function noteProblems(request: { note?: unknown } | undefined): Problem[] {
  const note = request?.note;
  const isNote = typeof note === 'string' && note.trim() !== '' && note.length <= 1000;
  return isNote ? [] : [{ pointer: '/note', message: 'must say why, in 1 to 1,000 characters' }];
}

/** Stores facts. If the payer changes, cancels the lookup of the previous payer and clears its failures. */
function learn(journey: Journey, facts: Facts): void {
  const { state, running } = journey;
  const payerBefore = payerId(state.facts, state.observed.pinnedPayer);
  state.facts = facts;
  if (payerId(facts, state.observed.pinnedPayer) === payerBefore) return;
  state.stepFailures = state.stepFailures.filter(({ goal }) => goal !== 'payer');
  if (running?.step.do === 'findPayingCustomer') running.scope.cancel();
}

/** Throws synchronously: an async validator would block the workflow instead of rejecting the update. */
export function refuse(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const reasons = problems.map(({ pointer, message }) => `${pointer.slice(1) || 'it'} ${message}`);
  throw ApplicationFailure.nonRetryable(reasons.join('; '), 'Refused');
}
