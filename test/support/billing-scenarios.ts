import type { BillingCustomerView, BillingReport } from '../../src/workflows/billing-messages.js';
import { fastForward } from '../../tools/temporal-server/time-skipping.js';
import { attempted, bug, onBrokenWorker } from './broken-activities.js';
import { eventually } from './eventually.js';
import { type Stage, untilCustomer } from './journeys.js';
import { adam, calls, created, ended, lead, looking, type Scenario, stripe } from './scenarios.js';

const { leadId, payerId } = adam;
/** A lead that the payment does not belong to. */
export const wrongLead = 'cus_0002';
export const earlierPayment = '2016-02-24T00:00:00Z';
export const note = 'mixed up by the reseller';

export const linked: BillingReport = { link: { leadId, rule: 'subscription-metadata' } };
export const began: BillingReport = { begins: true };
export const tried: BillingReport = { trialStartedAt: adam.trial };
export const payment: BillingReport = { paidAt: adam.paid };

/** The report for the invoice of a later month. */
export function renewal(month: number): BillingReport {
  const paidAt = new Date(Date.UTC(2016, 2 + month, 25)).toISOString().replace('.000', '');
  return { link: { leadId, rule: 'invoice-metadata' }, paidAt };
}

/** Reports the events of Adam's Stripe customer, one by one. */
export async function tell(stage: Stage, ...reports: readonly BillingReport[]): Promise<void> {
  for (const report of reports) await stage.customers.reported(payerId, report);
}

export const link = (stage: Stage, to: string = leadId): Promise<BillingCustomerView> =>
  stage.customers.link(payerId, { leadId: to, note });

export const known = (stage: Stage, isWanted: (view: BillingCustomerView) => boolean) =>
  untilCustomer(stage, payerId, isWanted);
export const journeyNotified = (stage: Stage, to: string = leadId) =>
  known(stage, (view) => view.notified?.leadId === to && view.notified.paidAt !== undefined);

export const letDaysPass = (stage: Stage, duration: Parameters<typeof fastForward>[1]) =>
  fastForward(stage.customers.handle(payerId), duration);

/**
 * Scenarios of a billing customer. Their histories are recorded and replayed like those of journeys.
 */
export const billingScenarios = {
  'billing-link-first': {
    async run(stage) {
      await tell(stage, { ...linked, ...began });
      await known(stage, (view) => view.link !== undefined);
      await tell(stage, payment);
      await journeyNotified(stage);
    },
  },
  'billing-payment-first': {
    async run(stage) {
      await tell(stage, began, payment);
      await known(stage, ({ matchStatus }) => matchStatus === 'unmatched');
      await tell(stage, linked);
      await journeyNotified(stage);
    },
  },
  'billing-trial-then-payment': {
    async run(stage) {
      await lead(stage);
      stripe(stage, { paid_at: undefined });
      await tell(stage, { ...linked, ...began }, tried);
      await known(stage, (view) => view.notified?.trialStartedAt !== undefined);
      await tell(stage, payment);
      await journeyNotified(stage);
      stripe(stage);
      await ended(stage);
    },
  },
  'billing-unmatched-then-linked': {
    async run(stage) {
      await tell(stage, { ...began, suggestedLeadId: leadId }, payment);
      await known(stage, ({ matchStatus }) => matchStatus === 'unmatched');
      await letDaysPass(stage, '25 hours');
      await known(stage, ({ attention }) => attention !== undefined);
      await link(stage);
    },
  },
  'billing-trial-unmatched': {
    async run(stage) {
      await tell(stage, { ...began, suggestedLeadId: leadId }, tried);
      await known(stage, ({ matchStatus }) => matchStatus === 'unmatched');
      await letDaysPass(stage, '25 hours');
      await known(stage, ({ attention }) => attention?.code === 'trial-unmatched');
      await tell(stage, payment);
      await known(stage, ({ attention }) => attention?.code === 'payment-unmatched');
      await tell(stage, linked);
      await journeyNotified(stage);
    },
  },
  'billing-lead-conflict': {
    async run(stage) {
      const named = (to: string, at: string): BillingReport => ({
        link: { leadId: to, rule: 'customer-metadata', at },
      });
      await tell(stage, named(wrongLead, adam.lead), tried);
      await known(stage, ({ notified }) => notified?.leadId === wrongLead);
      await tell(stage, named(leadId, adam.paid), payment);
      await journeyNotified(stage, wrongLead);
      await known(stage, ({ attention }) => attention?.code === 'lead-conflict');
      await link(stage);
      await journeyNotified(stage);
    },
  },
  'billing-pre-existing': {
    async run(stage) {
      await tell(stage, payment, { paidAt: '2016-03-25T00:00:00Z' });
      await known(stage, ({ matchStatus }) => matchStatus === 'pre-existing');
      await tell(stage, began);
      await known(stage, ({ matchStatus }) => matchStatus === 'unmatched');
    },
  },
  'billing-renewals': {
    async run(stage) {
      await tell(stage, linked, payment);
      await journeyNotified(stage);
      for (let month = 0; month < 5; month += 1) await tell(stage, renewal(month));
      await tell(stage, { paidAt: earlierPayment });
      await known(stage, (view) => view.notified?.paidAt === earlierPayment);
    },
  },
  'billing-relinked': {
    async run(stage) {
      await stage.journeys.leadCreated(wrongLead, { occurredAt: adam.lead });
      await tell(stage, { link: { leadId: wrongLead, rule: 'checkout-metadata' } }, payment);
      await journeyNotified(stage, wrongLead);
      await link(stage);
      await journeyNotified(stage);
      await link(stage, wrongLead);
      await journeyNotified(stage, wrongLead);
    },
  },
  'billing-link-refused': {
    async run(stage) {
      stripe(stage);
      await lead(stage);
      await tell(stage, linked, payment);
      await ended(stage);
      await link(stage, wrongLead).catch(() => undefined);
    },
  },
  'billing-hint': {
    async run(stage) {
      await lead(stage);
      await created(stage);
      await tell(stage, linked, payment);
      await looking(stage);
      await calls(stage, 'GET /v1/customers', 1);
      stripe(stage);
      await stage.customers.hint(payerId);
      await ended(stage);
    },
  },
  'billing-reported-elsewhere': {
    async run(stage) {
      await stage.journeys.leadCreated(wrongLead, { occurredAt: adam.lead });
      await stage.journeys.paymentSucceeded(wrongLead, { occurredAt: adam.paid, billingCustomerId: payerId });
      await tell(stage, payment);
      await eventually(async () => (await stage.journeys.count({ billingCustomerId: payerId })) === 1);
      await link(stage);
      await journeyNotified(stage);
    },
  },
  'billing-unreachable': {
    knobs: { namespace: 'own' },
    async run(stage) {
      await onBrokenWorker(stage, async (defects) => {
        defects.set('notifyJourney', bug);
        await tell(stage, linked, payment);
        await attempted(stage, payerId, 1);
        await letDaysPass(stage, '20 minutes');
        await known(stage, ({ attention }) => attention !== undefined);
        await letDaysPass(stage, '3 hours');
        await tell(stage, renewal(1));
        defects.clear();
        await letDaysPass(stage, '1 hour');
        await journeyNotified(stage);
      });
    },
  },
  'billing-link-interrupts': {
    knobs: { namespace: 'own' },
    async run(stage) {
      await onBrokenWorker(stage, async (defects) => {
        defects.set('notifyJourney', (input, run) => (input.leadId === leadId ? bug(input, run) : run()));
        await tell(stage, linked, payment);
        await attempted(stage, payerId, 4);
        await link(stage, wrongLead);
        await journeyNotified(stage, wrongLead);
      });
    },
  },
  'billing-continue-as-new': {
    knobs: { serverKind: 'short-histories' },
    async run(stage) {
      await tell(stage, { ...linked, ...began }, tried, payment);
      await journeyNotified(stage);
      for (let month = 0; month < 20; month += 1) {
        await tell(stage, renewal(month));
        await known(stage, () => true);
      }
      await link(stage);
      for (let month = 20; month < 30; month += 1) {
        await tell(stage, renewal(month));
        await known(stage, () => true);
      }
      // A history without a command replays with any code, so the last run must do something.
      await tell(stage, { paidAt: earlierPayment });
      await known(stage, (view) => view.notified?.paidAt === earlierPayment);
    },
  },
} satisfies Record<string, Scenario>;
