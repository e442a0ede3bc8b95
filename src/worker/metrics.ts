import { Gauge, Histogram, Registry } from 'prom-client';
import type { FinishedRequest } from '../chartmogul/client.js';
import { RecentCount } from './recent-count.js';

/** Over which time the share of the rate is measured. */
const rateWindowSeconds = 60;

/**
 * The worker's own metrics; docs/operations.md explains each. Labels are operations, outcomes, stages and codes; never
 * an id. Everything is measured in activities and at scrapes: workflows measure nothing, so nothing enters a history.
 */
export class WorkerMetrics {
  readonly registry = new Registry();
  /** The last request that was not aborted: whether ChartMogul answers. */
  lastRequest: FinishedRequest | undefined;
  private readonly recent = new RecentCount(rateWindowSeconds);

  private readonly requests = new Histogram({
    name: 'customer_journey_chartmogul_request_duration_seconds',
    help: 'Duration of requests to ChartMogul, by operation and outcome',
    labelNames: ['operation', 'outcome'] as const,
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [this.registry],
  });

  private readonly payerLookups = new Histogram({
    name: 'customer_journey_payer_lookups',
    help: 'Lookups of the step that found the paying customer, including the one that found it',
    buckets: [1, 2, 3, 5, 8, 12, 16, 21],
    registers: [this.registry],
  });

  readonly paymentToProven = new Histogram({
    name: 'customer_journey_payment_to_proven_seconds',
    help: 'From the payment, or from the start of the journey if that was later, until the journey was proven',
    buckets: [10, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 86_400, 604_800],
    registers: [this.registry],
  });

  readonly journeys = new Gauge({
    name: 'customer_journey_journeys',
    help: 'Running journeys, by stage; shown by one worker of the account',
    labelNames: ['stage'] as const,
    registers: [this.registry],
  });

  readonly attention = new Gauge({
    name: 'customer_journey_attention_journeys',
    help: 'Running journeys that need attention, by code; shown by one worker of the account',
    labelNames: ['attention'] as const,
    registers: [this.registry],
  });

  readonly oldestAttention = new Gauge({
    name: 'customer_journey_attention_oldest_age_seconds',
    help: 'How long the oldest attention has lasted, by code; shown by one worker of the account',
    labelNames: ['attention'] as const,
    registers: [this.registry],
  });

  readonly auditDifferences = new Gauge({
    name: 'customer_journey_audit_differences',
    help: 'Differences that the last finished audit found, by class; shown by one worker of the account',
    labelNames: ['class'] as const,
    registers: [this.registry],
  });

  readonly auditDifferencesLeft = new Gauge({
    name: 'customer_journey_audit_differences_left',
    help: 'Differences that the last finished audit left: all but those that it mended; shown by one worker',
    labelNames: ['account'] as const, // a gauge without labels shows 0 instead of nothing
    registers: [this.registry],
  });

  readonly auditTimestamp = new Gauge({
    name: 'customer_journey_audit_timestamp_seconds',
    help: 'When the last finished audit ended; shown by one worker of the account',
    labelNames: ['account'] as const, // a gauge without labels shows 0 instead of nothing
    registers: [this.registry],
  });

  readonly auditInterval = new Gauge({
    name: 'customer_journey_audit_interval_seconds',
    help: 'The interval of the scheduled audits; absent without a schedule; shown by one worker of the account',
    labelNames: ['account'] as const, // a gauge without labels shows 0 instead of nothing
    registers: [this.registry],
  });

  /** @param cachedWorkflows the number of workflows in memory now */
  constructor({
    account,
    requestsPerSecond,
    cachedWorkflows,
  }: {
    readonly account: string;
    readonly requestsPerSecond: number;
    readonly cachedWorkflows: () => number;
  }) {
    const { registry, recent } = this;
    registry.setDefaultLabels({ account });
    new Gauge({
      name: 'customer_journey_chartmogul_rate_used_ratio',
      help: `Requests of this worker in the last ${rateWindowSeconds} seconds, divided by what the account's rate allows`,
      registers: [registry],
      collect() {
        this.set(recent.count() / rateWindowSeconds / requestsPerSecond);
      },
    });
    new Gauge({
      name: 'customer_journey_cached_workflows',
      help: 'Workflows in the memory of this worker',
      registers: [registry],
      collect() {
        this.set(cachedWorkflows());
      },
    });
  }

  readonly onRequest = (request: FinishedRequest): void => {
    const { operation, outcome, seconds } = request;
    this.requests.observe({ operation, outcome }, seconds);
    this.recent.add();
    if (outcome !== 'aborted') this.lastRequest = request;
  };

  readonly onPayerFound = (attempts: number): void => {
    this.payerLookups.observe(attempts);
  };
}
