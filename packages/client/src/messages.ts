import type { GatewayError } from './errors.js';

/** The person or company. All fields are optional, and the charts need none of them. */
export interface Profile {
  readonly name?: string;
  readonly email?: string;
  readonly company?: string;
  /** ISO 3166-1 alpha-2, for example `US`. */
  readonly country?: string;
  /** For example `US-NY`; ChartMogul keeps it for the US only. */
  readonly state?: string;
  readonly city?: string;
  readonly zip?: string;
}

/** The lead entered your database. */
export interface LeadCreated {
  /** When it happened, not when it was reported: a `Date`, or RFC 3339 with an offset, like `2016-01-05T00:00:00Z`. */
  readonly occurredAt: Date | string;
  readonly profile?: Profile;
}

/** A free trial started. Set `billingCustomerId` if the trial runs in the billing system. */
export interface TrialStarted extends LeadCreated {
  readonly billingCustomerId?: string;
}

/**
 * A payment succeeded, the first or any other. Without `billingCustomerId`, the lead id must also be the customer id in
 * the billing system.
 */
export interface PaymentSucceeded extends LeadCreated {
  readonly billingCustomerId?: string;
}

/** One fact of a lead. `id` is your own optional id: it is returned and logged. Events are idempotent without it. */
export type JourneyEvent = { readonly leadId: string; readonly id?: string } & (
  | ({ readonly type: 'lead.created' } & LeadCreated)
  | ({ readonly type: 'trial.started' } & TrialStarted)
  | ({ readonly type: 'payment.succeeded' } & PaymentSucceeded)
);

/** The event is stored in Temporal and will not be lost. */
export interface Accepted {
  readonly status: 'accepted';
  readonly id?: string;
  /** The workflow's id in Temporal. */
  readonly journeyId: string;
  readonly runId: string;
  readonly links: {
    /** Path of the lead at the gateway. */
    readonly lead: string;
    /** The journey in Temporal's Web UI. */
    readonly webUi?: string;
  };
}

/** The result of one of several events. */
export type EventResult =
  | Accepted
  | { readonly status: 'rejected'; readonly id?: string; readonly error: GatewayError };

export interface EventResults {
  readonly accepted: number;
  readonly rejected: number;
  /** One per event, in the same order. */
  readonly results: readonly EventResult[];
}

/** The current state of a journey. Dates are in whole seconds UTC. A newer gateway may return more fields. */
export interface LeadView {
  readonly leadId: string;
  readonly account: string;
  readonly stage: string;
  /** What the journey does or waits for, as text. */
  readonly doing: string;
  readonly leadCreatedAt?: string;
  readonly trialStartedAt?: string;
  readonly paidAt?: string;
  readonly mergedAt?: string;
  readonly billingCustomerId?: string;
  readonly customerUuid?: string;
  readonly payerUuid?: string;
  /** Why the journey is held up. */
  readonly attention?: {
    readonly code: string;
    readonly text: string;
    readonly step: string;
    readonly since: string;
    readonly nextTryAt?: string;
  };
  readonly notices: readonly { readonly code: string; readonly text: string }[];
  readonly closed?: string;
  readonly links: { readonly webUi?: string };
}
