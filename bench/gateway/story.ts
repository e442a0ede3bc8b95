import pLimit from 'p-limit';
import type { ConnectedClient } from '../../src/temporal/connect.js';
import { journeyId } from '../../src/workflows/messages.js';
import { type BenchEvent, createdAt, leadCreated } from './events.js';

const signalOf = {
  'lead.created': 'leadCreated',
  'trial.started': 'trialStarted',
  'payment.succeeded': 'paymentSucceeded',
} as const;

/** Events of leads one after the other, three each, no two alike: the lead, its trial and its payment. */
export function storyOf(prefix: string): () => BenchEvent {
  let number = 0;
  return () => {
    const lead = Math.floor(number / 3);
    const leadId = `${prefix}_${lead}`;
    const step = number % 3;
    number += 1;
    if (step === 0) return leadCreated(leadId, number);
    const fact = { lead_id: leadId, occurred_at: createdAt(number) };
    return step === 1
      ? { ...fact, type: 'trial.started', data: {} }
      : { ...fact, type: 'payment.succeeded', data: { billing_customer_id: `cus_${lead}` } };
  };
}

/** What was answered with 202, to be looked for in Temporal. */
export class Ledger {
  private readonly taken = new Map<string, BenchEvent[]>();
  count = 0;

  note(event: BenchEvent): void {
    this.taken.set(event.lead_id, [...(this.taken.get(event.lead_id) ?? []), event]);
    this.count += 1;
  }

  get leads(): number {
    return this.taken.size;
  }

  /** Every event that is in no history of its journey; a look into each one. */
  async missing(client: ConnectedClient, account: string): Promise<BenchEvent[]> {
    const limit = pLimit(16);
    const lost = await Promise.all(
      [...this.taken].map(([leadId, events]) =>
        limit(async () => {
          const signals = await signalsOf(client, journeyId(leadId, account));
          return events.filter(({ type, occurred_at }) => !signals.has(`${signalOf[type]} ${occurred_at}`));
        }),
      ),
    );
    return lost.flat();
  }
}

/** The signals in a journey's history, as name and date; none if there is no such journey. */
async function signalsOf(client: ConnectedClient, workflowId: string): Promise<Set<string>> {
  const { events } = await client.workflow
    .getHandle(workflowId)
    .fetchHistory()
    .catch(() => ({ events: [] }));
  const signals = (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => {
    if (!signal) return [];
    const report = JSON.parse(Buffer.from(signal.input?.payloads?.[0]?.data ?? '{}').toString());
    return [`${signal.signalName} ${report.occurredAt}`];
  });
  return new Set(signals);
}
