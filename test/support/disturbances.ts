import { randomUUID } from 'node:crypto';
import type { AuditClass } from '../../src/domain/audit/classes.js';
import { progressOf } from '../../src/journeys/progress.js';
import {
  type Account,
  call,
  deleteByHand,
  mergeByHand,
  recordOf,
  setDatesByHand,
  unmergeByHand,
  uuidOf,
} from './by-hand.js';
import { eventually } from './eventually.js';
import type { Stage } from './journeys.js';
import { adam } from './scenarios.js';

/** A lead that is disturbed, and its billing customer. */
export interface Disturbed {
  readonly leadId: string;
  readonly payerId: string;
}

/** Where leads are disturbed. */
export type DisturbedStage = Account & Pick<Stage, 'journeys'>;

/** What other people and programs do to a lead in ChartMogul, and what an audit must find. */
export interface Disturbance {
  /** How far the journey is before: `proven`, or waiting for the payment, as a `lead` without a trial. */
  readonly begins: 'proven' | 'lead';
  readonly class: AuditClass;
  /** The class after `audit --fix`. */
  readonly afterFix: AuditClass;
  disturb(stage: DisturbedStage, lead: Disturbed): Promise<void>;
}

const ids = (stage: DisturbedStage, externalId: string) =>
  (recordOf(stage, externalId)?.external_ids ?? []) as string[];

async function unmerged(stage: DisturbedStage, leadId: string, payerId: string): Promise<void> {
  await unmergeByHand(stage, leadId);
  await eventually(() => !ids(stage, leadId).includes(payerId));
}

function stranger(stage: DisturbedStage): string {
  const id = `cus_stranger_${randomUUID().slice(0, 8)}`;
  stage.sandbox.ingest({ external_id: id, paid_at: '2016-05-01' });
  return id;
}

async function ingested(stage: DisturbedStage, externalId: string): Promise<void> {
  await eventually(() => recordOf(stage, externalId) !== undefined);
}

/** Takes a lead so far, from which it is disturbed. */
export async function beginLead(
  stage: DisturbedStage,
  { leadId, payerId }: Disturbed,
  begins: Disturbance['begins'],
): Promise<void> {
  const { journeys, sandbox } = stage;
  const { lead, trial, paid } = adam;
  await journeys.leadCreated(leadId, { occurredAt: lead });
  if (begins === 'lead') {
    await eventually(async () => (await progressOf(journeys, leadId))?.rest === 'open');
    return;
  }
  sandbox.ingest({ external_id: payerId, trial_started_at: trial, paid_at: paid });
  await journeys.reported(leadId, {
    trialStarted: { occurredAt: trial },
    paymentSucceeded: { occurredAt: paid, billingCustomerId: payerId },
  });
  await journeys.handle(leadId).result();
}

export const disturbances: Readonly<Record<string, Disturbance>> = {
  'the record was deleted': {
    ...{ begins: 'proven', class: 'missing', afterFix: 'missing' },
    disturb: (stage, { leadId }) => deleteByHand(stage, leadId),
  },
  'the merge was undone': {
    ...{ begins: 'proven', class: 'unmerged', afterFix: 'ok' },
    disturb: (stage, { leadId, payerId }) => unmerged(stage, leadId, payerId),
  },
  'the lead date was moved later': {
    ...{ begins: 'proven', class: 'dates-differ', afterFix: 'ok' },
    disturb: (stage, { leadId }) => setDatesByHand(stage, leadId, { lead_created_at: '2016-02-01' }),
  },
  'the trial date was cleared': {
    ...{ begins: 'proven', class: 'dates-differ', afterFix: 'ok' },
    disturb: (stage, { leadId }) => setDatesByHand(stage, leadId, { free_trial_started_at: null }),
  },
  'both dates are those of the billing system again': {
    ...{ begins: 'proven', class: 'dates-differ', afterFix: 'ok' },
    disturb: (stage, { leadId }) =>
      setDatesByHand(stage, leadId, {
        lead_created_at: '2016-02-10T05:15:10Z',
        free_trial_started_at: '2016-02-10T05:15:10Z',
      }),
  },
  'the lead date was moved earlier': {
    ...{ begins: 'proven', class: 'foreign-date', afterFix: 'foreign-date' },
    disturb: (stage, { leadId }) => setDatesByHand(stage, leadId, { lead_created_at: '2015-01-01' }),
  },
  'the lead was merged with somebody else': {
    ...{ begins: 'proven', class: 'merged-elsewhere', afterFix: 'merged-elsewhere' },
    async disturb(stage, { leadId, payerId }) {
      await unmerged(stage, leadId, payerId);
      const other = stranger(stage);
      await ingested(stage, other);
      await mergeByHand(stage, leadId, other);
    },
  },
  'a waiting lead was merged with somebody else': {
    ...{ begins: 'lead', class: 'merged-elsewhere', afterFix: 'merged-elsewhere' },
    async disturb(stage, { leadId }) {
      const other = stranger(stage);
      await ingested(stage, other);
      await mergeByHand(stage, leadId, other);
    },
  },
  'the date of a waiting lead was moved later': {
    ...{ begins: 'lead', class: 'dates-differ', afterFix: 'ok' },
    disturb: (stage, { leadId }) => setDatesByHand(stage, leadId, { lead_created_at: '2016-02-01' }),
  },
  'the record of a waiting lead was deleted': {
    ...{ begins: 'lead', class: 'missing', afterFix: 'missing' },
    disturb: (stage, { leadId }) => deleteByHand(stage, leadId),
  },
  'the billing source has the lead too': {
    ...{ begins: 'lead', class: 'two-records', afterFix: 'two-records' },
    async disturb(stage, { leadId }) {
      stage.sandbox.ingest({ external_id: leadId, paid_at: '2016-05-01' });
      const count = () => stage.sandbox.customers().filter(({ external_id }) => external_id === leadId).length;
      await eventually(() => count() === 2);
    },
  },
  'the customer has trial line items': {
    ...{ begins: 'proven', class: 'trial-ignored', afterFix: 'trial-ignored' },
    disturb: (stage, { leadId, payerId }) =>
      call(stage, 'POST', `/v1/import/customers/${uuidOf(stage, leadId)}/invoices`, {
        invoices: [
          {
            ...{ external_id: `inv_${leadId}`, date: '2016-02-10T00:00:00Z', currency: 'USD' },
            ...{ data_source_uuid: stage.sandbox.billingSourceUuid, customer_external_id: payerId },
            line_items: [
              {
                ...{ type: 'trial', subscription_external_id: `sub_${leadId}`, plan_uuid: 'pl_1' },
                ...{ service_period_start: '2016-02-10T00:00:00Z', service_period_end: '2016-02-24T00:00:00Z' },
              },
            ],
          },
        ],
      }),
  },
  'the journey was terminated': {
    ...{ begins: 'lead', class: 'stopped', afterFix: 'ok' },
    async disturb(stage, { leadId }) {
      await stage.journeys.handle(leadId).terminate('by hand');
    },
  },
};
