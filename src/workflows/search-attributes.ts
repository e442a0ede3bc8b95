import {
  defineSearchAttributeKey,
  type SearchAttributePair,
  SearchAttributeType,
  type SearchAttributeUpdatePair,
  type TypedSearchAttributes,
} from '@temporalio/common';
import type { BillingCustomerView } from './billing-messages.js';
import type { JourneyView } from './messages.js';

/** The search attributes of journeys. Never a name or an e-mail address: search attributes are not encrypted. */
export const searchAttributes = {
  stage: defineSearchAttributeKey('JourneyStage', SearchAttributeType.KEYWORD),
  attention: defineSearchAttributeKey('JourneyAttention', SearchAttributeType.KEYWORD),
  leadCreatedAt: defineSearchAttributeKey('JourneyLeadCreatedAt', SearchAttributeType.DATETIME),
  trialStartedAt: defineSearchAttributeKey('JourneyTrialStartedAt', SearchAttributeType.DATETIME),
  paidAt: defineSearchAttributeKey('JourneyPaidAt', SearchAttributeType.DATETIME),
  // A keyword, since Temporal on SQL allows only three datetimes per namespace. Date strings still sort and compare.
  mergedAt: defineSearchAttributeKey('JourneyMergedAt', SearchAttributeType.KEYWORD),
  billingCustomerId: defineSearchAttributeKey('JourneyBillingCustomerId', SearchAttributeType.KEYWORD),
} as const;

export const searchAttributeKeys = Object.values(searchAttributes);

type ShownDates = 'leadCreatedAt' | 'trialStartedAt' | 'paidAt' | 'mergedAt';
type Shown = Pick<JourneyView, 'stage'> & { readonly [date in ShownDates]?: JourneyView[date] | undefined } & {
  readonly billingCustomerId?: string | undefined;
  readonly attention?: { readonly code: string };
};

type ShownCustomer = Pick<
  BillingCustomerView,
  'matchStatus' | 'billingCustomerId' | 'attention' | 'trialStartedAt' | 'paidAt'
>;

/** The values for one journey; null removes an attribute. */
export function searchAttributesOf(view: Shown): SearchAttributeUpdatePair[] {
  const date = (instant: string | undefined) => (instant === undefined ? null : new Date(instant));
  return [
    { key: searchAttributes.stage, value: view.stage },
    { key: searchAttributes.attention, value: view.attention?.code ?? null },
    { key: searchAttributes.leadCreatedAt, value: date(view.leadCreatedAt) },
    { key: searchAttributes.trialStartedAt, value: date(view.trialStartedAt) },
    { key: searchAttributes.paidAt, value: date(view.paidAt) },
    { key: searchAttributes.mergedAt, value: view.mergedAt ?? null },
    { key: searchAttributes.billingCustomerId, value: withoutEmail(view.billingCustomerId) },
  ];
}

/** The values for one billing customer. A match status is never a stage name, so stage counts include only journeys. */
export function billingAttributesOf(view: ShownCustomer): SearchAttributeUpdatePair[] {
  const { matchStatus: stage, billingCustomerId, attention, trialStartedAt, paidAt } = view;
  const date = (instant: string | undefined) => (instant === undefined ? null : new Date(instant));
  return [
    { key: searchAttributes.stage, value: stage },
    { key: searchAttributes.attention, value: attention?.code ?? null },
    { key: searchAttributes.trialStartedAt, value: date(trialStartedAt) },
    { key: searchAttributes.paidAt, value: date(paidAt) },
    { key: searchAttributes.billingCustomerId, value: withoutEmail(billingCustomerId) },
  ];
}

/** The attributes for a workflow start. They are free, while a later upsert costs an Action. */
export function startAttributes(attributes: readonly SearchAttributeUpdatePair[]): SearchAttributePair[] {
  return attributes.filter((pair): pair is SearchAttributePair => pair.value !== null);
}

/** The pairs that differ from the current attributes. */
export function changedAttributes(
  shown: TypedSearchAttributes,
  wanted: SearchAttributeUpdatePair[],
): SearchAttributeUpdatePair[] {
  return wanted.filter(({ key, value }) => {
    const before = shown.get(key);
    return (before === undefined ? null : text(before)) !== (value === null ? null : text(value));
  });
}

function text(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value);
}

/** Omits an e-mail address: some billing systems use them as ids, and search attributes are not encrypted. */
function withoutEmail(id: string | undefined): string | null {
  return id === undefined || id.includes('@') ? null : id;
}
