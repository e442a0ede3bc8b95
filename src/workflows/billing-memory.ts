import {
  allHandlersFinished,
  condition,
  log,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type BillingState,
  learn,
  type NextAction,
  type Notification,
  nextAction,
  nothingKnown,
  takeLink,
} from '../domain/billing/next-action.js';
import { billingMemoOf, billingViewOf } from '../domain/billing/view.js';
import { milliseconds } from '../domain/duration.js';
import type { Instant } from '../domain/journey/instant.js';
import { billingDetails } from './billing-display.js';
import type { BillingCustomer, BillingCustomerView, BillingReport, LinkRequest } from './billing-messages.js';
import { now } from './journey.js';
import type { RefusedReportNotice } from './messages.js';
import { currentRules } from './rules.js';
import { billingAttributesOf, changedAttributes } from './search-attributes.js';

/** The state passed from one run to the next. Plain data. */
export interface CarriedMemory {
  readonly state: BillingState;
  readonly refusedReports: readonly RefusedReportNotice[];
  readonly hintedAt?: Instant;
}

/** An operator's link, until it is settled. */
export interface PendingLink {
  readonly request: LinkRequest;
  stage: 'asked' | 'taken' | 'settled';
  /** Why it was rejected. */
  refusal?: string;
}

/** How many rejected reports are shown; the log has all of them. */
const refusedReportsShown = 5;

/** One run of a billing customer: its state, and the changes that the workflow and the message handlers make. */
export class BillingMemory {
  private state: BillingState;
  private refusedReports: readonly RefusedReportNotice[];
  private hintedAt: Instant | undefined;
  private isHinted = false;
  private pendingLinks: readonly PendingLink[] = [];
  private changes = 0;

  constructor(
    readonly customer: BillingCustomer,
    carried?: CarriedMemory,
  ) {
    this.state = carried?.state ?? nothingKnown;
    this.refusedReports = carried?.refusedReports ?? [];
    this.hintedAt = carried?.hintedAt;
  }

  get carried(): CarriedMemory {
    const { state, refusedReports, hintedAt } = this;
    return { state, refusedReports, ...(hintedAt !== undefined && { hintedAt }) };
  }

  decide(): NextAction {
    const link = this.pendingLinks.find(({ stage }) => stage === 'asked')?.request;
    const asked = { ...(link && { link }), hint: this.isHinted };
    const action = nextAction(this.state, asked, Date.now(), milliseconds(currentRules().matchingPeriod));
    if (action.do === 'wait') this.isHinted = false;
    return action;
  }

  learn(report: BillingReport): void {
    const before = JSON.stringify(this.state);
    this.state = learn(this.state, report, now());
    if (JSON.stringify(this.state) !== before) this.changes += 1;
  }

  noteRefused(text: string): void {
    log.warn('report refused', { text });
    const others = this.refusedReports.filter((notice) => notice.text !== text);
    this.refusedReports = [...others, { code: 'report-refused' as const, text }].slice(-refusedReportsShown);
    this.changes += 1;
  }

  /** An unsigned hint that ChartMogul shows the customer. Rate limited; ignored until the journey knows a payment. */
  hint(): void {
    const isTooSoon =
      this.hintedAt !== undefined && Date.now() - Date.parse(this.hintedAt) < milliseconds(currentRules().hintInterval);
    if (isTooSoon || this.state.notified?.paidAt === undefined) return;
    this.hintedAt = now();
    this.isHinted = true;
    this.changes += 1;
  }

  hintPassed(): void {
    this.isHinted = false;
  }

  /** Records an operator's link; the workflow processes and settles it. */
  requestLink(request: LinkRequest): PendingLink {
    const pendingLink: PendingLink = { request, stage: 'asked' };
    this.pendingLinks = [...this.pendingLinks, pendingLink];
    this.changes += 1;
    return pendingLink;
  }

  takeLink({ leadId, note }: LinkRequest): void {
    this.state = takeLink(this.state, leadId, note, now());
    const pendingLink = this.pendingLinks.find(({ stage }) => stage === 'asked');
    if (pendingLink) pendingLink.stage = 'taken';
  }

  refuseLink(refusal: string): void {
    const pendingLink = this.pendingLinks.find(({ stage }) => stage === 'asked');
    if (pendingLink) Object.assign(pendingLink, { stage: 'settled', refusal });
    this.settle();
  }

  /** Settles all taken links, once nothing is left to do. */
  settle(): void {
    for (const pendingLink of this.pendingLinks) if (pendingLink.stage === 'taken') pendingLink.stage = 'settled';
    this.pendingLinks = this.pendingLinks.filter(({ stage }) => stage !== 'settled');
  }

  /** Fixes the link before it is used for a notification. From now on it overrides all events. */
  hold(held: NonNullable<BillingState['held']>): void {
    this.state = { ...this.state, held };
  }

  noteNotified(notified: Notification): void {
    this.state = { ...this.state, notified };
  }

  forgetNotified(): void {
    const { notified, ...kept } = this.state;
    this.state = kept;
  }

  raiseAttention(): void {
    log.warn('attention', { code: 'payment-unmatched' });
    this.state = { ...this.state, attentionSince: now() };
  }

  /** Waits until a message changes something, `untilMs` has passed, or the run should continue as new. */
  async waitForChange(untilMs?: number): Promise<void> {
    const before = this.changes;
    const mayEnd = () => workflowInfo().continueAsNewSuggested && allHandlersFinished();
    const hasChanged = () => this.changes !== before || mayEnd();
    if (untilMs === undefined) await condition(hasChanged);
    else
      await condition(hasChanged, Math.max(1, untilMs - Date.now()), { summary: 'Waiting for the lead of a payment' });
  }

  /** Updates the Web UI. Details are free; search attributes and memo are upserted only if they changed. */
  publish(): void {
    const view = this.view();
    setCurrentDetails(billingDetails(view));
    const { typedSearchAttributes, memo = {} } = workflowInfo();
    const changed = changedAttributes(typedSearchAttributes, billingAttributesOf(view));
    if (changed.length > 0) upsertSearchAttributes(changed);
    const { leadId = null, suggestedLeadIds = null } = billingMemoOf(this.state);
    const isShown =
      (memo.leadId ?? null) === leadId &&
      JSON.stringify(memo.suggestedLeadIds ?? null) === JSON.stringify(suggestedLeadIds);
    if (!isShown) upsertMemo({ leadId, suggestedLeadIds }); // null removes a field
  }

  view(): BillingCustomerView {
    const { billingCustomerId, account } = this.customer;
    return { billingCustomerId, account, ...billingViewOf(this.state), notices: this.refusedReports };
  }
}
