import type { WorkflowExecutionInfo } from '@temporalio/client';
import type { SearchAttributePair } from '@temporalio/common';
import { type AttentionCode, attentionSentences } from '../domain/journey/attention.js';
import { factsOf, joinFacts, leadDate, noFacts, payerId, paymentDate, trialDate } from '../domain/journey/facts.js';
import { formatInstant, type Instant } from '../domain/journey/instant.js';
import { nextStep, nothingObserved } from '../domain/journey/next-step.js';
import type { Report } from '../domain/journey/reports.js';
import { type Stage, stageOf, stages } from '../domain/journey/stage.js';
import { customerJourneyType, journeyId } from '../workflows/messages.js';
import { searchAttributes, searchAttributesOf, startAttributes } from '../workflows/search-attributes.js';

/** Which journeys of an account to list. */
export interface JourneyFilter {
  /** Those that need attention: with any code, or with this one. */
  readonly attention?: true | AttentionCode;
  readonly stage?: Stage;
  /** Those with this billing customer. An id that is an e-mail address finds nothing: it is not in the store. */
  readonly billingCustomerId?: string;
  /** Includes ended journeys, as long as Temporal retains them. Default: only running ones. */
  readonly includeClosed?: boolean;
  /** Only those that ended at this moment or later. */
  readonly closedSince?: Instant;
  /** Only those that started at this moment or earlier. */
  readonly startedUntil?: Instant;
  /** Only those that started at this moment or later. A journey that continued as new started then, too. */
  readonly startedSince?: Instant;
  /** Only those of these leads, 200 at most. */
  readonly leadIds?: readonly string[];
}

/** One journey as shown by Temporal's visibility store, which may lag by seconds. */
export interface JourneySummary {
  readonly leadId: string;
  readonly workflowId: string;
  readonly runId: string;
  /** `RUNNING`, `COMPLETED`, `CANCELLED`, `TERMINATED`, ... */
  readonly status: string;
  readonly stage?: Stage;
  readonly attention?: AttentionCode;
  readonly leadCreatedAt?: Instant;
  readonly trialStartedAt?: Instant;
  readonly paidAt?: Instant;
  readonly mergedAt?: Instant;
  readonly billingCustomerId?: string;
  readonly startedAt: Instant;
  readonly closedAt?: Instant;
}

/** The filter as a Temporal list filter, for one account. */
export function visibilityQuery(account: string, filter: JourneyFilter): string {
  const { attention, stage, billingCustomerId, leadIds, closedSince, startedSince, startedUntil } = filter;
  const { includeClosed = closedSince !== undefined } = filter;
  return [
    `WorkflowType = ${quoted(customerJourneyType)}`,
    `WorkflowId STARTS_WITH ${quoted(journeyId('', account))}`,
    // A journey that continued as new is one journey, not two.
    includeClosed ? `ExecutionStatus != 'ContinuedAsNew'` : `ExecutionStatus = 'Running'`,
    ...(closedSince === undefined ? [] : [`CloseTime >= ${quoted(closedSince)}`]),
    ...(startedUntil === undefined ? [] : [`StartTime <= ${quoted(startedUntil)}`]),
    ...(startedSince === undefined ? [] : [`StartTime >= ${quoted(startedSince)}`]),
    ...(leadIds === undefined
      ? []
      : [`WorkflowId IN (${leadIds.map((id) => quoted(journeyId(id, account))).join(', ')})`]),
    ...(attention === true ? [`${searchAttributes.attention.name} IS NOT NULL`] : []),
    ...(typeof attention === 'string' ? [`${searchAttributes.attention.name} = ${quoted(attention)}`] : []),
    ...(stage === undefined ? [] : [`${searchAttributes.stage.name} = ${quoted(stage)}`]),
    ...(billingCustomerId === undefined
      ? []
      : [`${searchAttributes.billingCustomerId.name} = ${quoted(billingCustomerId)}`]),
  ].join(' AND ');
}

/** Makes a new journey searchable immediately, at no cost. */
export function attributesOf(leadId: string, reports: readonly Report[]): SearchAttributePair[] {
  const facts = reports.reduce((known, report) => joinFacts(known, factsOf(report, leadId)), noFacts);
  const dates = { leadCreatedAt: leadDate(facts), trialStartedAt: trialDate(facts), paidAt: paymentDate(facts) };
  const stage = stageOf(facts, nothingObserved, nextStep(leadId, facts, nothingObserved));
  return startAttributes(searchAttributesOf({ stage, ...dates, billingCustomerId: payerId(facts) }));
}

/** What Temporal's own records show of a journey. Needs no worker. */
export function summaryOf(account: string, info: Omit<WorkflowExecutionInfo, 'raw'>): JourneySummary {
  const { workflowId, runId, status, startTime, closeTime, typedSearchAttributes: attributes } = info;
  const stage = attributes.get(searchAttributes.stage);
  const attention = attributes.get(searchAttributes.attention);
  const date = (value: Date | undefined) => value && formatInstant(value);
  return given({
    leadId: workflowId.slice(journeyId('', account).length),
    workflowId,
    runId,
    status: status.name,
    stage: stages.find((known) => known === stage),
    attention: attention !== undefined && isAttentionCode(attention) ? attention : undefined,
    leadCreatedAt: date(attributes.get(searchAttributes.leadCreatedAt)),
    trialStartedAt: date(attributes.get(searchAttributes.trialStartedAt)),
    paidAt: date(attributes.get(searchAttributes.paidAt)),
    mergedAt: attributes.get(searchAttributes.mergedAt),
    billingCustomerId: attributes.get(searchAttributes.billingCustomerId),
    startedAt: formatInstant(startTime),
    closedAt: date(closeTime),
  });
}

export function isAttentionCode(text: string): text is AttentionCode {
  return Object.hasOwn(attentionSentences, text);
}

/** Escapes quotes: account names contain none, but an application may pass anything. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

export type Given<T> = { [key in keyof T as undefined extends T[key] ? never : key]: T[key] } & {
  [key in keyof T as undefined extends T[key] ? key : never]?: Exclude<T[key], undefined>;
};

/** Omits undefined values, so that they are absent both in JSON and for `in`. */
export function given<T extends object>(object: T): Given<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Given<T>; // as filtered
}
