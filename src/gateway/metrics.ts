import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The gateway's metrics. Labels are routes, types and results; never an id, a path or a secret. */
export class Metrics {
  readonly registry = new Registry();

  /** By event type (`lead.created`, `invoice.paid`, ...) and result. */
  private readonly events = new Counter({
    name: 'customer_journey_events_total',
    help: 'Events received, by source, type and result',
    labelNames: ['source', 'type', 'result'] as const,
    registers: [this.registry],
  });

  private readonly lastEvents = new Gauge({
    name: 'customer_journey_last_event_timestamp_seconds',
    help: 'When the last event was received, in seconds since 1970, by source',
    labelNames: ['source'] as const,
    registers: [this.registry],
  });

  /** Counts an event, of any result. */
  readonly received = (event: { readonly source: string; readonly type: string; readonly result: string }): void => {
    this.events.inc(event);
    this.lastEvents.setToCurrentTime({ source: event.source });
  };

  readonly refusals = new Counter({
    name: 'customer_journey_webhook_refusals_total',
    help: 'Webhook deliveries refused, by reason',
    labelNames: ['source', 'reason'] as const,
    registers: [this.registry],
  });

  readonly requests = new Histogram({
    name: 'customer_journey_http_request_duration_seconds',
    help: 'Duration of requests, by route and status',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });
}
