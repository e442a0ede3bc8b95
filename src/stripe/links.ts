import type { BillingReport, LinkRule } from '../domain/billing/report.js';
import { leadIdProblems } from '../domain/journey/reports.js';
import type { StripeReferenceReading } from './reference.js';
import type { Metadata } from './shapes.js';

export interface LinkOptions {
  /** The key of the metadata that holds the lead id. Default: `lead_id`. */
  readonly metadataKey?: string;
  /** Reads a `client_reference_id`: `readStripeReference` with the secrets and the account of the gateway. */
  readonly readReference: (reference: unknown) => StripeReferenceReading;
  /** Whether a bare `client_reference_id` links, although a buyer may have written it. Default: false. */
  readonly trustUnsignedReferences?: boolean;
  /** Whether a lead id may look like an e-mail address. Default: false. */
  readonly allowEmailLeadIds?: boolean;
}

/** A lead was named, and it cannot be one. For counting and logging: `message` never repeats the value. */
export interface UnusableLeadId {
  readonly rule: LinkRule;
  readonly message: string;
}

/** What an object of Stripe says about the lead. */
export interface LeadNamed {
  readonly said: Pick<BillingReport, 'link' | 'suggestedLeadId'>;
  readonly unusable: readonly UnusableLeadId[];
}

export function leadOfMetadata(metadata: Metadata, rule: LinkRule, options: LinkOptions): LeadNamed {
  const key = options.metadataKey ?? 'lead_id';
  // Its own keys only: `constructor` is one of every object.
  const value = metadata != null && Object.hasOwn(metadata, key) ? metadata[key] : undefined;
  // Stripe removes a key that is set to an empty text, so this is nobody too.
  return value === undefined || value === null || value === '' ? nobody : checked(value, rule, options);
}

export function leadOfReference(reference: unknown, options: LinkOptions): LeadNamed {
  const reading = options.readReference(reference);
  switch (reading.kind) {
    case 'none':
      return nobody;
    case 'signed':
      return checked(reading.leadId, 'signed-reference', options);
    case 'wrong-signature':
      return unusable('signed-reference', wrongSignature);
    case 'unsigned': {
      const named = checked(reading.text, 'unsigned-reference', options);
      if (options.trustUnsignedReferences || named.said.link === undefined) return named;
      return { said: { suggestedLeadId: named.said.link.leadId }, unusable: [] };
    }
  }
}

/** The first that names a lead wins; what was unusable on the way to it is told. */
export function firstLead(...ways: readonly (() => LeadNamed)[]): LeadNamed {
  const unusable: UnusableLeadId[] = [];
  for (const way of ways) {
    const named = way();
    unusable.push(...named.unusable);
    if (named !== nobody && named.unusable.length === 0) return { said: named.said, unusable };
  }
  return { said: {}, unusable };
}

const nobody: LeadNamed = { said: {}, unusable: [] };

const wrongSignature =
  'is a client_reference_id whose signature fits none of the secrets: it was edited, or made with a secret that ' +
  'STRIPE_REFERENCE_SECRET does not hold (any more), or for another account';

function unusable(rule: LinkRule, message: string): LeadNamed {
  return { said: {}, unusable: [{ rule, message }] };
}

function checked(value: unknown, rule: LinkRule, options: LinkOptions): LeadNamed {
  const [problem] = leadIdProblems(value, { allowEmail: options.allowEmailLeadIds ?? false });
  if (problem !== undefined) return unusable(rule, problem.message);
  return { said: { link: { leadId: String(value), rule } }, unusable: [] };
}
