import { searchAttributesOf, startAttributes } from '../../../src/workflows/search-attributes.js';
import { type FloorInput, type FloorKind, type FloorStep, floorTaskQueue } from '../floor/names.js';
import type { MeasuredProcess } from '../harness/process.js';
import type { BenchStack } from './stack.js';

/** Reports the facts of a lead to its workflow, and waits for its end. */
export interface LeadFlow {
  lead(leadId: string): Promise<unknown>;
  trial(leadId: string): Promise<unknown>;
  paid(leadId: string): Promise<unknown>;
  /** @throws Error if the workflow did not end as expected. */
  ended(leadId: string): Promise<void>;
}

/** The dates of ChartMogul's tutorial. */
export const reportDates = {
  lead: '2016-01-05T00:00:00Z',
  trial: '2016-02-10T05:15:10Z',
  paid: '2016-02-25T00:00:00Z',
} as const;
const profile = { name: 'Adam Smith', email: 'adam@example.com', country: 'US' };

export function payerOf(leadId: string): string {
  return `cus_${leadId}`;
}

/** Drives the smooth journey through the product's API. The payer is in ChartMogul before the payment is reported. */
export function journeyFlow({ journeys, sandbox }: BenchStack): LeadFlow {
  return {
    lead: (leadId) => journeys.leadCreated(leadId, { occurredAt: reportDates.lead, profile }),
    trial: (leadId) => journeys.trialStarted(leadId, { occurredAt: reportDates.trial }),
    paid(leadId) {
      sandbox.ingest({ external_id: payerOf(leadId), trial_started_at: reportDates.trial, paid_at: reportDates.paid });
      return journeys.paymentSucceeded(leadId, { occurredAt: reportDates.paid, billingCustomerId: payerOf(leadId) });
    },
    async ended(leadId) {
      const { outcome } = await journeys.handle(leadId).result();
      if (outcome !== 'proven') throw new Error(`Journey of ${leadId}: expected the outcome proven, got ${outcome}`);
    },
  };
}

/** Drives the floor workflow with the same signals and arguments. */
export function floorFlow({ client, requestEvents }: BenchStack, worker: MeasuredProcess, kind: FloorKind): LeadFlow {
  worker.onMessage((message) => {
    const { leadId, step } = message as FloorStep; // sent by the activity `nothing`
    if (step === 1) requestEvents.emit(leadId, 'created');
    if (step === 2) requestEvents.emit(leadId, 'updated');
  });
  const report = (leadId: string, signal: string, report: object) =>
    client.workflow.signalWithStart<(input: FloorInput) => Promise<void>, [object]>('floor', {
      workflowId: `floor/${leadId}`,
      taskQueue: floorTaskQueue,
      args: [{ leadId, kind }],
      signal,
      signalArgs: [report],
      typedSearchAttributes: startAttributes(searchAttributesOf({ stage: 'lead', leadCreatedAt: reportDates.lead })),
      priority: { priorityKey: 2 },
    });
  return {
    lead: (leadId) => report(leadId, 'leadCreated', { occurredAt: reportDates.lead, profile }),
    trial: (leadId) => report(leadId, 'trialStarted', { occurredAt: reportDates.trial }),
    paid: (leadId) =>
      report(leadId, 'paymentSucceeded', { occurredAt: reportDates.paid, billingCustomerId: payerOf(leadId) }),
    ended: (leadId) => client.workflow.getHandle(`floor/${leadId}`).result(),
  };
}

/** Runs the whole flow for each lead. Reports a fact after the request that the previous fact caused. */
export async function runLeads(
  { requestEvents }: BenchStack,
  flow: LeadFlow,
  leadIds: readonly string[],
  concurrency: number,
) {
  const queue = [...leadIds];
  const runQueue = async () => {
    for (let leadId = queue.pop(); leadId !== undefined; leadId = queue.pop()) {
      await flow.lead(leadId);
      await requestEvents.waitFor(leadId, 'created');
      await flow.trial(leadId);
      await requestEvents.waitFor(leadId, 'updated');
      await flow.paid(leadId);
      await flow.ended(leadId);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, runQueue));
}
