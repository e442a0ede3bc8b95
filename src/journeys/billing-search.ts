import type { WorkflowExecutionInfo } from '@temporalio/client';
import { type MatchStatus, matchStatuses } from '../domain/billing/next-action.js';
import { type BillingAttentionCode, type BillingMemo, billingAttentionSentences } from '../domain/billing/view.js';
import { formatInstant, type Instant } from '../domain/journey/instant.js';
import { billingCustomerType, billingCustomerWorkflowId } from '../workflows/billing-messages.js';
import { searchAttributes } from '../workflows/search-attributes.js';
import { given, quoted } from './search.js';

/** Which billing customers of an account to list. */
export interface BillingCustomerFilter {
  readonly matchStatus?: MatchStatus;
  /** Those that need attention: with any code, or with this one. */
  readonly attention?: true | BillingAttentionCode;
}

/** One billing customer as shown by Temporal's visibility store, which may lag by seconds. */
export interface BillingCustomerSummary {
  readonly billingCustomerId: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly matchStatus?: MatchStatus;
  readonly attention?: BillingAttentionCode;
  readonly leadId?: string;
  readonly suggestedLeadIds: readonly string[];
  readonly trialStartedAt?: Instant;
  /** First payment. */
  readonly paidAt?: Instant;
  readonly startedAt: Instant;
}

/** The filter as a Temporal list filter, for one account. */
export function billingQuery(account: string, { matchStatus, attention }: BillingCustomerFilter): string {
  return [
    `WorkflowType = ${quoted(billingCustomerType)}`,
    `WorkflowId STARTS_WITH ${quoted(billingCustomerWorkflowId('', account))}`,
    `ExecutionStatus = 'Running'`,
    ...(matchStatus === undefined ? [] : [`${searchAttributes.stage.name} = ${quoted(matchStatus)}`]),
    ...(attention === true ? [`${searchAttributes.attention.name} IS NOT NULL`] : []),
    ...(typeof attention === 'string' ? [`${searchAttributes.attention.name} = ${quoted(attention)}`] : []),
  ].join(' AND ');
}

/** What Temporal's own records show of a billing customer. Needs no worker. */
export function billingSummaryOf(account: string, info: Omit<WorkflowExecutionInfo, 'raw'>): BillingCustomerSummary {
  const { workflowId, runId, startTime, memo, typedSearchAttributes: attributes } = info;
  const matchStatus = attributes.get(searchAttributes.stage);
  const attention = attributes.get(searchAttributes.attention);
  const { leadId, suggestedLeadIds = [] } = (memo ?? {}) as Partial<BillingMemo>; // written by our workflow
  const date = (value: Date | undefined) => value && formatInstant(value);
  return given({
    billingCustomerId: workflowId.slice(billingCustomerWorkflowId('', account).length),
    workflowId,
    runId,
    matchStatus: matchStatuses.find((known) => known === matchStatus),
    attention: attention !== undefined && isBillingAttentionCode(attention) ? attention : undefined,
    leadId,
    suggestedLeadIds,
    trialStartedAt: date(attributes.get(searchAttributes.trialStartedAt)),
    paidAt: date(attributes.get(searchAttributes.paidAt)),
    startedAt: formatInstant(startTime),
  });
}

export function isBillingAttentionCode(text: string): text is BillingAttentionCode {
  return Object.hasOwn(billingAttentionSentences, text);
}
