import { searchAttributesOf, startAttributes } from '../../../src/workflows/search-attributes.js';
import { type FloorInput, type FloorKind, type FloorStep, floorTaskQueue } from '../floor/names.js';
import type { MeasuredProcess } from '../harness/process.js';
import type { BenchStack } from './stack.js';

/** How a lead goes its way: what is reported of it, and when its workflow has ended. */
export interface Way {
  lead(leadId: string): Promise<unknown>;
  trial(leadId: string): Promise<unknown>;
  paid(leadId: string): Promise<unknown>;
  /** @throws Error if it ended otherwise than it should. */
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

/** The smooth journey, reported by the functions that an application calls. The payer is there before the payment is. */
export function journeyWay({ journeys, sandbox }: BenchStack): Way {
  return {
    lead: (leadId) => journeys.leadCreated(leadId, { occurredAt: reportDates.lead, profile }),
    trial: (leadId) => journeys.trialStarted(leadId, { occurredAt: reportDates.trial }),
    paid(leadId) {
      sandbox.ingest({ external_id: payerOf(leadId), trial_started_at: reportDates.trial, paid_at: reportDates.paid });
      return journeys.paymentSucceeded(leadId, { occurredAt: reportDates.paid, billingCustomerId: payerOf(leadId) });
    },
    async ended(leadId) {
      const { outcome } = await journeys.handle(leadId).result();
      if (outcome !== 'proven') throw new Error(`the journey of ${leadId} ended ${outcome}`);
    },
  };
}

/** The floor, reported by the same calls with the same arguments. */
export function floorWay({ client, answers }: BenchStack, worker: MeasuredProcess, kind: FloorKind): Way {
  worker.onMessage((message) => {
    const { leadId, step } = message as FloorStep; // the activity `nothing` sends it
    if (step === 1) answers.tell(leadId, 'created');
    if (step === 2) answers.tell(leadId, 'dated');
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

/** Sends leads their way, so many at once, each report once the request that the one before caused is answered. */
export async function drive({ answers }: BenchStack, way: Way, leadIds: readonly string[], atOnce: number) {
  const left = [...leadIds];
  const goOn = async () => {
    for (let leadId = left.pop(); leadId !== undefined; leadId = left.pop()) {
      await way.lead(leadId);
      await answers.of(leadId, 'created');
      await way.trial(leadId);
      await answers.of(leadId, 'dated');
      await way.paid(leadId);
      await way.ended(leadId);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, goOn));
}
