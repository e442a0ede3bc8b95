import type { Problem } from '../journey/reports.js';
import type { BillingReport, LinkRule } from './report.js';

/**
 * Verifies the webhooks of one billing system, and reads their facts. Everything else is the same for all of them and
 * done by the gateway (`src/gateway/billing-webhook.ts`): responses, Temporal, metrics, logs.
 */
export interface BillingAdapter {
  /** The billing system in metrics and logs, such as `stripe`. */
  readonly name: string;
  /** The event types that are read. */
  readonly eventTypes: readonly string[];
  /** What to change if a verified event cannot be read. */
  readonly unreadableHelp: string;
  /**
   * Never throws, for any request.
   *
   * @param rawBody the raw bytes: a body that was parsed and serialized again no longer matches its signature.
   * @param headers with names in lower case, as in Node.js.
   */
  verify(rawBody: Buffer, headers: WebhookHeaders): WebhookReading;
}

export type WebhookHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export type WebhookReading =
  | {
      readonly isVerified: true;
      /** The account of the secret that verified it. */
      readonly account: string;
      /** The event in the logs: to look it up in the billing system. */
      readonly event: { readonly id: string | undefined; readonly type: unknown; readonly mode: string };
      readonly facts: BillingReading;
    }
  | {
      readonly isVerified: false;
      /** A metric label, such as `wrong-signature`. */
      readonly reason: string;
      /** What is wrong and what to do. Contains neither a secret nor any part of the request. */
      readonly message: string;
    };

/** The result of reading one event. */
export type BillingReading =
  | {
      readonly kind: 'report';
      readonly billingCustomerId: string;
      readonly report: BillingReport;
      readonly unusableLeadIds: readonly UnusableLeadId[];
    }
  /** The billing system is told that all is well. `unknown-type`: the type is counted and logged. */
  | { readonly kind: 'ignored'; readonly reason: string; readonly unusableLeadIds: readonly UnusableLeadId[] }
  /** Verified, but of an unknown format: refused, so that the billing system retries. */
  | { readonly kind: 'unreadable'; readonly problems: readonly Problem[] };

/** An invalid lead id in an event. `message` never repeats the value. */
interface UnusableLeadId {
  readonly rule: LinkRule;
  readonly message: string;
}
