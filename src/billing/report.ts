import type { Instant } from '../journey/instant.js';

/**
 * How it is known which lead a billing customer is, the most trustworthy first. Where several say it before anything was
 * handed to a journey, the first of these counts.
 */
export const linkRules = [
  /** Somebody said so, by `customer-journey link`. */
  'operator',
  /** Metadata of the subscription as the invoice froze it. */
  'invoice-metadata',
  'subscription-metadata',
  'customer-metadata',
  'checkout-metadata',
  /** A `client_reference_id` that carries our signature. */
  'signed-reference',
  /** A bare `client_reference_id`, where the gateway was told to trust those. */
  'unsigned-reference',
] as const;
export type LinkRule = (typeof linkRules)[number];

/** Which lead a billing customer is, and how that is known. */
export interface Link {
  readonly leadId: string;
  readonly rule: LinkRule;
}

/** What one event of a billing system tells of one of its customers. At least one field is there. */
export interface BillingReport {
  readonly link?: Link;
  /** A lead named where anybody can write, such as a bare `client_reference_id`: shown to a person, links nothing. */
  readonly suggestedLeadId?: string;
  /** A trial that runs in the billing system. */
  readonly trialStartedAt?: Instant;
  /** A payment of more than nothing, first or not. */
  readonly paidAt?: Instant;
  /** The customer's creation, checkout or subscription start: it was not there before we listened. */
  readonly begins?: true;
}
