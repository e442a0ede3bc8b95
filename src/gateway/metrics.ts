import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** What the gateway counts. Labels are routes, types and results; never an id, a path or a secret. */
export class Metrics {
  readonly registry = new Registry();

  /** By event type (`lead.created`, `invoice.paid`, ...), and what became of it. */
  readonly events = new Counter({
    name: 'customer_journey_events_total',
    help: 'Events that came in, by where they came from, their type and what became of them',
    labelNames: ['source', 'type', 'result'] as const,
    registers: [this.registry],
  });

  readonly refusals = new Counter({
    name: 'customer_journey_webhook_refusals_total',
    help: 'Webhook deliveries that were refused, and why',
    labelNames: ['source', 'reason'] as const,
    registers: [this.registry],
  });

  readonly requests = new Histogram({
    name: 'customer_journey_http_request_duration_seconds',
    help: 'How long requests took, by route and status',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });

  /** Adds memory, processor time and the lag of the event loop, as Prometheus users know them from every Node program. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }
}
