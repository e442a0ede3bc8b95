import { setTimeout as sleep } from 'node:timers/promises';
import type { Duration } from '@temporalio/common';
import { type Accepted, JourneyClient } from '../../packages/client/src/index.js';
import { milliseconds } from '../../src/domain/duration.js';
import type { JourneyReference, JourneyView } from '../../src/journeys/index.js';
import { grpcErrorIn } from '../../src/temporal/grpc-errors.js';
import { fastForward } from '../temporal-server/time-skipping.js';
import { adam } from './adam.js';
import type { Page } from './page.js';
import { type AdamsRecords, adamsRecords, hasDates, isMerged, isProven } from './records.js';
import type { Stack } from './stack.js';

/** The lookup that finds the record of the billing integration. The tutorial says up to ten minutes. */
const lookupsUntilThere = 4;
/** More than the needed lookups, less than the 20 minutes after which a journey needs attention. */
const forwarded: Duration = '15 minutes';
const stepWithin: Duration = '30 seconds';
/** The wait on a cluster that cannot skip time. */
const realMinutes: Duration = '8 minutes';

export interface Outcome {
  readonly isProven: boolean;
  /** Whether this story changed data in ChartMogul. */
  readonly hasWritten: boolean;
  /** The latest run of the journey. */
  readonly journey: JourneyReference;
  readonly after: AdamsRecords;
  /** The journey's state, which explains why it is not proven. */
  readonly view?: JourneyView;
}

/**
 * Takes Adam Smith from lead to trial to payment through the gateway, with the client that an application uses. On data
 * of an earlier start it sends the same reports again, and nothing is written.
 *
 * @param signal aborts the wait
 */
export async function runStory(stack: Stack, page: Page, signal: AbortSignal): Promise<Outcome> {
  const { sandbox } = stack;
  const isAgain = isProven(adamsRecords(sandbox));
  const journey = isAgain ? await reportAgain(stack, page, signal) : await liveThrough(stack, page, signal);

  const isDone = await reached(() => isProven(adamsRecords(sandbox)), stepWithin, signal);
  // The records are proven, but the journey ends only after it has read them.
  if (isDone) await Promise.race([stack.journeys.handle(adam.leadId).result(), giveUp(stepWithin, signal)]);
  const hasWritten = sandbox.requests().some(({ method, status }) => method !== 'GET' && status < 300);
  const outcome = { isProven: isDone, hasWritten, journey, after: adamsRecords(sandbox) };
  return isDone ? outcome : { ...outcome, view: await stack.journeys.view(adam.leadId) };
}

async function liveThrough(stack: Stack, page: Page, signal: AbortSignal): Promise<JourneyReference> {
  const application = new JourneyClient({ url: stack.gateway.url });
  const records = () => adamsRecords(stack.sandbox);

  page.happens(adam.leadCreatedAt, `Adam Smith signs up. The application reports lead ${adam.leadId} to the gateway.`);
  await application.leadCreated(adam.leadId, { occurredAt: adam.leadCreatedAt, profile: adam.profile }, { signal });
  await reached(() => hasDates(records().lead, adam.leadCreatedAt), stepWithin, signal);

  page.happens(adam.trialStartedAt, 'He starts a free trial. The application reports it.');
  await application.trialStarted(adam.leadId, { occurredAt: adam.trialStartedAt }, { signal });
  await reached(() => hasDates(records().lead, adam.leadCreatedAt, adam.trialStartedAt), stepWithin, signal);

  page.happens(adam.paidAt, `He pays, as Stripe's ${adam.billingCustomerId}. The application reports it.`);
  page.notes('ChartMogul needs minutes to import him. The journey looks once a minute; time is skipped if possible.');
  billThroughStripe(stack);
  const accepted = await application.paymentSucceeded(adam.leadId, payment, { signal });
  await liveThroughMinutes(stack, page, signal);
  return referenceOf(accepted);
}

/** Stripe's trial also sets the lead date, which is too late. The merge keeps that date, so January is lost. */
function billThroughStripe({ sandbox }: Stack): void {
  // An interrupted story continues where it stopped.
  if (adamsRecords(sandbox).payer) return;
  sandbox.ingest({
    external_id: adam.billingCustomerId,
    name: adam.profile.name,
    email: adam.profile.email,
    trial_started_at: adam.trialStartedAt,
    paid_at: adam.paidAt,
    afterLookups: lookupsUntilThere,
  });
}

/** Fast-forwards the journey's clock, to skip the minutes between the lookups. */
async function liveThroughMinutes({ journeys, sandbox }: Stack, page: Page, signal: AbortSignal): Promise<void> {
  try {
    await fastForward(journeys.handle(adam.leadId), forwarded);
  } catch (error) {
    if (isMerged(adamsRecords(sandbox))) return; // the journey ended before its clock got there
    if (grpcErrorIn(error) === undefined) throw error;
    page.notes('This Temporal cannot skip time: the lookups are a real minute apart.');
    await reached(() => isProven(adamsRecords(sandbox)), realMinutes, signal);
  }
}

/** Reports are safe to repeat: an ended journey starts again and finds nothing to change. */
async function reportAgain({ gateway }: Stack, page: Page, signal: AbortSignal): Promise<JourneyReference> {
  page.notes('Adam Smith is proven already, from an earlier start. The application reports all three dates again.');
  const application = new JourneyClient({ url: gateway.url });
  await application.leadCreated(adam.leadId, { occurredAt: adam.leadCreatedAt, profile: adam.profile }, { signal });
  await application.trialStarted(adam.leadId, { occurredAt: adam.trialStartedAt }, { signal });
  return referenceOf(await application.paymentSucceeded(adam.leadId, payment, { signal }));
}

const payment = { occurredAt: adam.paidAt, billingCustomerId: adam.billingCustomerId };

function referenceOf({ journeyId, runId }: Accepted): JourneyReference {
  return { workflowId: journeyId, runId };
}

/** Polls, because ChartMogul does not notify about changed records. */
async function reached(isReached: () => boolean, within: Duration, signal: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + milliseconds(within);
  while (!isReached()) {
    if (Date.now() > deadline) return false;
    await sleep(25, undefined, { signal });
  }
  return true;
}

async function giveUp(within: Duration, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds(within), undefined, { signal, ref: false });
}
