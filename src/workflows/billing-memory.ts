import {
  allHandlersFinished,
  type CancellationScope,
  condition,
  log,
  patched,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { BillingFacts } from '../domain/billing/facts.js';
import {
  type BillingState,
  leadsToWithdrawFrom,
  learn,
  type NextAction,
  type Notification,
  nextAction,
  noteNotified,
  noteUnreachable,
  noteWithdrawalUnknown,
  noteWithdrawn,
  nothingKnown,
  showUnsettled,
  startNotifying,
  takeLink,
} from '../domain/billing/next-action.js';
import type { Link } from '../domain/billing/report.js';
import { billingMemoOf, billingViewOf } from '../domain/billing/view.js';
import { milliseconds } from '../domain/duration.js';
import type { Instant } from '../domain/journey/instant.js';
import { billingDetails } from './billing-display.js';
import type { BillingCustomer, BillingCustomerView, BillingReport, LinkRequest } from './billing-messages.js';
import { billingMigrations, type Carried, migrate } from './carried-state.js';
import { later, now } from './journey.js';
import type { RefusedReportNotice } from './messages.js';
import { NextRun } from './next-run.js';
import { currentRules } from './rules.js';
import { billingAttributesOf, changedAttributes } from './search-attributes.js';

/** The state passed from one run to the next. Plain data; `carried-state.ts` has the rules for a change. */
export interface CarriedMemory {
  readonly state: BillingState;
  readonly refusedReports: readonly RefusedReportNotice[];
  readonly hintedAt?: Instant;
}

/** An operator's link, until it is settled. */
export interface PendingLink {
  readonly request: LinkRequest;
  stage: 'asked' | 'taken' | 'settled';
  /** The leads whose journeys must give up the customer first; undefined until they are looked up. */
  withdrawFrom?: readonly string[];
  /** Why it was rejected. */
  refusal?: string;
}

/** In runs of an older release, a trial without a lead and a conflicting lead raise no attention. */
const showsUnsettled = 'shows-unsettled';

/** How many rejected reports are shown; the log has all of them. */
const refusedReportsShown = 5;

/** One run of a billing customer: its state, and the changes that the workflow and the message handlers make. */
export class BillingMemory {
  private state: BillingState;
  private refusedReports: readonly RefusedReportNotice[];
  private hintedAt: Instant | undefined;
  private isHinted = false;
  private pendingLinks: readonly PendingLink[] = [];
  readonly nextRun = new NextRun();
  private changes = 0;
  /** The running notification, so that an operator's link can interrupt it. */
  running: CancellationScope | undefined;

  /** @throws NewerStateError */
  constructor(
    readonly customer: BillingCustomer,
    carried?: Carried<CarriedMemory>,
  ) {
    const memory = carried && migrate<CarriedMemory>(carried, billingMigrations);
    this.state = memory?.state ?? nothingKnown;
    this.refusedReports = memory?.refusedReports ?? [];
    this.hintedAt = memory?.hintedAt;
  }

  get carried(): CarriedMemory {
    const { state, refusedReports, hintedAt } = this;
    return { state, refusedReports, ...(hintedAt !== undefined && { hintedAt }) };
  }

  get facts(): BillingFacts {
    return this.state.facts;
  }

  decide(): NextAction {
    const { pendingLink } = this;
    const withdrawFrom = pendingLink?.withdrawFrom;
    const link = pendingLink && { ...pendingLink.request, ...(withdrawFrom && { withdrawFrom }) };
    const asked = { ...(link && { link }), hint: this.isHinted };
    const action = nextAction(this.state, asked, Date.now(), milliseconds(currentRules().matchingPeriod));
    if (action.do === 'wait') this.isHinted = false;
    return action;
  }

  learn(report: BillingReport): void {
    const before = JSON.stringify(this.state);
    this.state = learn(this.state, report, now());
    const shown = showUnsettled(this.state, now());
    if (shown !== this.state && patched(showsUnsettled)) this.state = shown;
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

  /** @param found the leads of all journeys that have the customer */
  linkChecked(found: readonly string[]): void {
    const { pendingLink } = this;
    if (pendingLink) pendingLink.withdrawFrom = leadsToWithdrawFrom(this.state, pendingLink.request.leadId, found);
  }

  /** As an older release did: withdraws only from the journey that is known to be notified. */
  linkUnchecked(): void {
    const { pendingLink } = this;
    const told = this.state.notified?.leadId;
    if (pendingLink) pendingLink.withdrawFrom = told === undefined || told === pendingLink.request.leadId ? [] : [told];
  }

  takeLink({ leadId, note }: LinkRequest): void {
    this.state = takeLink(this.state, leadId, note, now());
    const { pendingLink } = this;
    if (pendingLink) pendingLink.stage = 'taken';
  }

  refuseLink(refusal: string): void {
    const { pendingLink } = this;
    if (pendingLink) Object.assign(pendingLink, { stage: 'settled', refusal });
    this.settle();
  }

  /** Settles all taken links, once nothing is left to do. */
  settle(): void {
    for (const pendingLink of this.pendingLinks) if (pendingLink.stage === 'taken') pendingLink.stage = 'settled';
    this.pendingLinks = this.pendingLinks.filter(({ stage }) => stage !== 'settled');
  }

  /** Whether the last notification failed with all attempts. */
  get isUnreachable(): boolean {
    return this.state.unreachable !== undefined;
  }

  startNotifying(link: Link): void {
    this.state = startNotifying(this.state, link);
    setCurrentDetails(billingDetails(this.view()));
  }

  noteNotified(notified: Notification): void {
    this.state = noteNotified(this.state, notified);
  }

  noteUnreachable(detail: string): void {
    log.warn('attention', { code: 'journey-unreachable', detail });
    this.state = noteUnreachable(this.state, {
      since: now(),
      detail,
      nextTryAt: later(currentRules().unreachableInterval),
    });
  }

  noteWithdrawn(leadId: string): void {
    this.state = noteWithdrawn(this.state, leadId);
    const { pendingLink } = this;
    if (pendingLink) pendingLink.withdrawFrom = pendingLink.withdrawFrom?.filter((other) => other !== leadId) ?? [];
  }

  noteWithdrawalUnknown(leadId: string): void {
    this.state = noteWithdrawalUnknown(this.state, leadId);
  }

  raiseAttention(): void {
    this.state = { ...this.state, attentionSince: now() };
    log.warn('attention', { code: this.view().attention?.code });
  }

  /** Waits until a message changes something, `untilMs` has passed, or the run should continue as new. */
  async waitForChange(untilMs?: number): Promise<void> {
    const before = this.changes;
    const mayEnd = () => this.nextRun.isDue() && allHandlersFinished();
    const hasChanged = () => this.changes !== before || mayEnd();
    if (untilMs === undefined) await condition(hasChanged);
    else
      await condition(hasChanged, Math.max(1, untilMs - Date.now()), {
        summary: this.isUnreachable ? 'Next try: journey-unreachable' : 'Waiting for the lead of a trial or payment',
      });
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

  /** The link that is processed next. */
  private get pendingLink(): PendingLink | undefined {
    return this.pendingLinks.find(({ stage }) => stage === 'asked');
  }

  view(): BillingCustomerView {
    const { billingCustomerId, account } = this.customer;
    return { billingCustomerId, account, ...billingViewOf(this.state), notices: this.refusedReports };
  }
}
