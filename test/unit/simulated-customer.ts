import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type BillingState,
  leadsToWithdrawFrom,
  learn,
  type NextAction,
  type Notification,
  nextAction,
  noteNotified,
  noteWithdrawn,
  nothingKnown,
  type PendingRequests,
  showUnsettled,
  startNotifying,
  takeLink,
} from '../../src/domain/billing/next-action.js';
import { type BillingReport, linkRules } from '../../src/domain/billing/report.js';
import { formatInstant, type Instant } from '../../src/domain/journey/instant.js';
import { instants } from './arbitraries.js';

export const dayMs = 24 * 60 * 60 * 1000;
export const startMs = Date.parse('2016-03-01T00:00:00Z');

/** Runs the actions of a billing customer like the workflow, without a clock. */
export class SimulatedCustomer {
  state: BillingState = nothingKnown;
  nowMs = startMs;
  /** The notifications to journeys, in order. */
  readonly told: Notification[] = [];
  readonly withdrawn: string[] = [];
  /** The leads whose journeys have the customer. */
  found: readonly string[] = [];

  report(...reports: readonly BillingReport[]): this {
    for (const report of reports) this.state = showUnsettled(learn(this.state, report, this.now), this.now);
    return this;
  }

  /** @returns the final action, after which nothing is left to do for now */
  run(asked: PendingRequests = {}): NextAction {
    let { link } = asked;
    for (let steps = 0; steps < 10; steps += 1) {
      const action = nextAction(this.state, link ? { link } : {}, this.nowMs, dayMs);
      switch (action.do) {
        case 'notify-journey':
          this.told.push(action.notification);
          this.state = noteNotified(startNotifying(this.state, action.link), action.notification);
          break;
        case 'check-link':
          if (link) link = { ...link, withdrawFrom: leadsToWithdrawFrom(this.state, action.leadId, this.found) };
          break;
        case 'withdraw': {
          const { leadId } = action;
          this.withdrawn.push(leadId);
          this.state = noteWithdrawn(this.state, leadId);
          if (link) link = { ...link, withdrawFrom: link.withdrawFrom?.filter((other) => other !== leadId) ?? [] };
          break;
        }
        case 'take-link':
          this.state = takeLink(this.state, action.leadId, action.note, this.now);
          link = undefined;
          break;
        case 'raise-attention':
          this.state = { ...this.state, attentionSince: this.now };
          break;
        default:
          return action;
      }
    }
    return assert.fail('never comes to rest');
  }

  letTimePass(ms: number): this {
    this.nowMs += ms;
    return this;
  }

  private get now(): Instant {
    return formatInstant(new Date(this.nowMs));
  }
}

const leadIds = fc.constantFrom('lead_1', 'lead_2', 'lead_3');
const rules = fc.constantFrom(...linkRules.filter((rule) => rule !== 'operator'));
/** Round-trips through JSON, so that equal states compare as equal. */
const plain = { noNullPrototype: true };
/** Some are of the same time, and older releases stored none. */
const times = fc.option(fc.constantFrom('2016-02-01T00:00:00Z', '2016-02-02T00:00:00Z', '2016-02-03T00:00:00Z'), {
  nil: undefined,
});
const links = fc
  .record({ leadId: leadIds, rule: rules, at: times }, plain)
  .map(({ at, ...link }) => ({ ...link, ...(at !== undefined && { at }) }));

function reportsWith(link: typeof links): fc.Arbitrary<BillingReport> {
  return fc.oneof(
    fc.record({ link }, plain),
    fc.record({ link, paidAt: instants }, plain),
    leadIds.map((suggestedLeadId) => ({ suggestedLeadId })),
    instants.map((trialStartedAt) => ({ trialStartedAt })),
    instants.map((paidAt) => ({ paidAt })),
    fc.constant({ begins: true as const }),
  );
}

export const billingReports = reportsWith(links);
/** Events that name the same lead. */
export const agreeingReports = reportsWith(links.map(({ rule }) => ({ leadId: 'lead_1', rule })));

/** The same reports in another order, some of them repeated. */
export function shuffled(reports: fc.Arbitrary<BillingReport>) {
  return fc.array(reports, { minLength: 1, maxLength: 8 }).chain((all) =>
    fc.tuple(
      fc.constant(all),
      fc
        .tuple(fc.shuffledSubarray(all, { minLength: all.length }), fc.array(fc.constantFrom(...all), { maxLength: 6 }))
        .map(([shuffledOnes, again]) => [...shuffledOnes, ...again]),
    ),
  );
}
