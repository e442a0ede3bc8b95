import { connectClient } from '../../../src/temporal/connect.js';
import * as messages from '../../../src/workflows/messages.js';
import { livePriority } from '../../../src/workflows/policy.js';
import { searchAttributesOf, startAttributes } from '../../../src/workflows/search-attributes.js';
import { percentile } from '../harness/alternating.js';
import { readyForBench } from '../harness/process.js';
import { dateOf, profileOf } from './events.js';

/** A measurement: the number of events, the concurrency, and the prefix of the lead ids. */
export interface BareRun {
  readonly amount: number;
  readonly concurrency: number;
  readonly prefix: string;
}

export interface BareResult {
  readonly perSecond: number;
  readonly latencyMs: { readonly median: number; readonly p99: number; readonly max: number };
}

/**
 * A script that starts journeys with Temporal's own client and sends the same workflow, signal, search attributes and
 * summary as the gateway. It validates and logs nothing: this is Temporal's maximum rate from Node.
 */
const account = process.env.BENCH_ACCOUNT ?? '';
const client = await connectClient({ address: process.env.BENCH_ADDRESS ?? '', env: {} });
process.on('message', (run: BareRun) => void measure(run).then((result) => process.send?.(result)));
readyForBench();

async function measure({ amount, concurrency, prefix }: BareRun): Promise<BareResult> {
  const latencies: number[] = [];
  const began = performance.now();
  // Like autocannon: each connection sends an equal share, one request at a time.
  const connection = async (_: unknown, first: number) => {
    for (let number = first; number < amount; number += concurrency) {
      const sent = performance.now();
      await start(`${prefix}${number}`, number);
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, connection));
  const perSecond = amount / ((performance.now() - began) / 1000);
  const [median, p99, max] = [50, 99, 100].map((percent) => Math.round(percentile(latencies, percent)));
  return { perSecond, latencyMs: { median: median ?? 0, p99: p99 ?? 0, max: max ?? 0 } };
}

async function start(leadId: string, number: number): Promise<void> {
  const occurredAt = dateOf(number);
  await client.workflow.signalWithStart(messages.customerJourneyType, {
    workflowId: messages.journeyId(leadId, account),
    taskQueue: messages.workflowTaskQueue,
    args: [{ leadId, account, attemptTimeout: '40 seconds' }],
    signal: 'leadCreated',
    signalArgs: [{ occurredAt, profile: profileOf(leadId) }],
    typedSearchAttributes: startAttributes(searchAttributesOf({ stage: 'lead', leadCreatedAt: occurredAt })),
    staticSummary: `Lead ${leadId}`,
    priority: { priorityKey: livePriority },
  });
}
