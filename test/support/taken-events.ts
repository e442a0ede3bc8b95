import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import pLimit from 'p-limit';
import { journeyId } from '../../src/workflows/messages.js';

/** An event as sent to the gateway. */
export interface WireEvent {
  readonly type: 'lead.created' | 'trial.started' | 'payment.succeeded';
  readonly lead_id: string;
  readonly occurred_at: string;
  readonly data?: { readonly profile?: Readonly<Record<string, string>>; readonly billing_customer_id?: string };
}

const signals = {
  'lead.created': 'leadCreated',
  'trial.started': 'trialStarted',
  'payment.succeeded': 'paymentSucceeded',
} as const;

/** The events that a gateway accepted with 202, to be found in Temporal. Events of a lead must have different dates. */
export class TakenEvents {
  private readonly ofLeads = new Map<string, WireEvent[]>();
  count = 0;

  add(event: WireEvent): void {
    this.ofLeads.set(event.lead_id, [...(this.ofLeads.get(event.lead_id) ?? []), event]);
    this.count += 1;
  }

  get leads(): number {
    return this.ofLeads.size;
  }

  /** The events that are missing from the history of their journey. */
  async missing(client: Client, account: string): Promise<WireEvent[]> {
    const limit = pLimit(16);
    const lost = await Promise.all(
      [...this.ofLeads].map(([leadId, events]) =>
        limit(async () => {
          const received = await signalsOf(client, journeyId(leadId, account));
          return events.filter(({ type, occurred_at: date }) => !received.has(`${signals[type]} ${date}`));
        }),
      ),
    );
    return lost.flat();
  }
}

/** The signals in the history of a journey, each as name and date. Empty if the journey does not exist. */
async function signalsOf(client: Client, workflowId: string): Promise<Set<string>> {
  const history = await client.workflow
    .getHandle(workflowId)
    .fetchHistory()
    .catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    });
  const received = (history?.events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => {
    if (!signal) return [];
    const report = JSON.parse(Buffer.from(signal.input?.payloads?.[0]?.data ?? []).toString());
    return [`${signal.signalName} ${report.occurredAt}`];
  });
  return new Set(received);
}
