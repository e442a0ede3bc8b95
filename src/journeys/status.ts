import type { BillingAttentionCode } from '../domain/billing/view.js';
import type { AttentionCode } from '../domain/journey/attention.js';
import { formatInstant, type Instant } from '../domain/journey/instant.js';
import type { Stage } from '../domain/journey/stage.js';
import { AttentionAges } from './attention-ages.js';
import { Audits } from './audits.js';
import { BillingCustomers } from './billing-customers.js';
import { countAttention, countStages } from './counts.js';
import type { Journeys } from './journeys.js';
import { queuesOfJourneys, type UnpolledQueue, unpolledOf, workersOf } from './workers.js';
import { type ScheduleView, stripeSweepSchedule } from './workflow-schedule.js';

/** How an account is doing. Counts are from Temporal's visibility store, which may lag by seconds. */
export interface Status {
  readonly account: string;
  /** Running journeys. */
  readonly stages: Readonly<Record<Stage, number>>;
  /** Running journeys that need attention, by code: only codes that occur. */
  readonly attention: Readonly<Partial<Record<AttentionCode, number>>>;
  /** The journey that needs attention for the longest time. Absent without a worker, which must answer this. */
  readonly oldestAttention?: OldestAttention;
  readonly throughput: { readonly lastHour: Throughput; readonly lastDay: Throughput };
  /** Billing customers that need attention, by code. */
  readonly customers: Readonly<Record<BillingAttentionCode, number>>;
  /** Of each task queue. */
  readonly workers: readonly { readonly taskQueue: string; readonly workers: number }[];
  readonly unpolledQueues: readonly UnpolledQueue[];
  /** Absent if there is no schedule. */
  readonly stripeSweep?: ScheduleView;
  /** The last audit that has ended with a report. Absent if Temporal retains none. */
  readonly lastAudit?: LastAudit;
}

interface LastAudit {
  readonly endedAt: Instant;
  readonly differences: number;
  /** It found more than the audit before. */
  readonly needsAttention: boolean;
}

interface OldestAttention {
  readonly code: AttentionCode;
  readonly leadId: string;
  readonly since: Instant;
  /** False if not all journeys were asked: another one may be older. */
  readonly isCertain: boolean;
}

/** Journeys since a moment. */
interface Throughput {
  readonly started: number;
  readonly proven: number;
}

const hourMs = 3_600_000;

/** Asks Temporal, with about 20 calls, and, if journeys need attention, up to 20 of them. @throws TemporalUnavailableError */
export async function statusOf(journeys: Journeys): Promise<Status> {
  const { client, account } = journeys;
  const customers = new BillingCustomers({ client, account });
  const [queues, stages, attention, lastHour, lastDay, stripeSweep, lastAudit, ...unmatched] = await Promise.all([
    queuesOfJourneys(client, [account]),
    countStages(journeys),
    countAttention(journeys),
    throughput(journeys, hourMs),
    throughput(journeys, 24 * hourMs),
    stripeSweepSchedule(client, account).describe(),
    lastAuditOf(journeys),
    ...billingCodes.map((code) => customers.count({ attention: code })),
  ]);
  const unpolled = unpolledOf(queues);
  const oldest = attention.size > 0 && unpolled.length === 0 ? await oldestAttention(journeys) : undefined;
  return {
    account,
    stages: Object.fromEntries(stages) as Record<Stage, number>, // every stage was counted
    attention: Object.fromEntries(attention),
    ...(oldest && { oldestAttention: oldest }),
    throughput: { lastHour, lastDay },
    customers: Object.fromEntries(billingCodes.map((code, index) => [code, unmatched[index]])) as Status['customers'],
    workers: queues.map((queue) => ({ taskQueue: queue.taskQueue, workers: workersOf(queue) })),
    unpolledQueues: unpolled,
    ...(stripeSweep && { stripeSweep }),
    ...(lastAudit && { lastAudit }),
  };
}

async function lastAuditOf({ client, account }: Journeys): Promise<LastAudit | undefined> {
  const audits = new Audits({ client, account });
  const { last } = await audits.last();
  if (last === undefined) return undefined;
  const { endedAt, differences } = await audits.report(last);
  return { endedAt, differences, needsAttention: last.needsAttention };
}

const billingCodes: readonly BillingAttentionCode[] = [
  'payment-unmatched',
  'trial-unmatched',
  'lead-conflict',
  'journey-unreachable',
];

async function throughput(journeys: Journeys, ms: number): Promise<Throughput> {
  const since = formatInstant(new Date(Date.now() - ms));
  const [started, proven] = await Promise.all([
    journeys.count({ includeClosed: true, startedSince: since }),
    journeys.count({ stage: 'proven', closedSince: since }),
  ]);
  return { started, proven };
}

async function oldestAttention(journeys: Journeys): Promise<OldestAttention | undefined> {
  const ages = new AttentionAges(journeys);
  const [first] = [...(await ages.oldest())].sort(([, one], [, other]) => one.since - other.since);
  if (first === undefined) return undefined;
  const [code, { leadId, since }] = first;
  return { code, leadId, since: formatInstant(new Date(since)), isCertain: ages.isComplete };
}
