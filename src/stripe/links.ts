import type { BillingReport, LinkRule } from '../domain/billing/report.js';
import { formatInstant } from '../domain/journey/instant.js';
import { checkIdOf, leadIdProblems } from '../domain/journey/reports.js';
import type { StripeReferenceReading } from './reference.js';
import type { Metadata } from './shapes.js';

export interface LinkOptions {
  /** The metadata key that holds the lead id. Default: `lead_id`. */
  readonly metadataKey?: string;
  /** Reads a `client_reference_id`: `readStripeReference` with the secrets and the account of the gateway. */
  readonly readReference: (reference: unknown) => StripeReferenceReading;
  /** Whether an unsigned `client_reference_id` links, although a buyer may have edited it. Default: false. */
  readonly trustUnsignedReferences?: boolean;
  /** Whether a lead id may look like an e-mail address. Default: false. */
  readonly allowEmailLeadIds?: boolean;
  /** The account of the leads, whose name shortens their ids. Default: `default`. */
  readonly account?: string;
  /** When the event was created, in seconds since 1970: of two links by the same rule, the later one counts. */
  readonly createdAt: number;
}

/** An invalid lead id in an event. For metrics and logs: `message` never repeats the value. */
export interface UnusableLeadId {
  readonly rule: LinkRule;
  readonly message: string;
}

/** The lead that a Stripe object names, if any. */
export interface LeadNamed {
  readonly said: Pick<BillingReport, 'link' | 'suggestedLeadId'>;
  readonly unusable: readonly UnusableLeadId[];
}

export function leadOfMetadata(metadata: Metadata, rule: LinkRule, options: LinkOptions): LeadNamed {
  const key = options.metadataKey ?? 'lead_id';
  // Own keys only: every object has a `constructor`.
  const value = metadata != null && Object.hasOwn(metadata, key) ? metadata[key] : undefined;
  // Stripe removes a key that is set to an empty string, so an empty string names no lead either.
  return value === undefined || value === null || value === '' ? noLead : checked(value, rule, options);
}

export function leadOfReference(reference: unknown, options: LinkOptions): LeadNamed {
  const reading = options.readReference(reference);
  switch (reading.kind) {
    case 'none':
      return noLead;
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

/** The first source that names a lead wins. Also returns the unusable ids of the sources before it. */
export function firstLead(...ways: readonly (() => LeadNamed)[]): LeadNamed {
  const unusable: UnusableLeadId[] = [];
  for (const way of ways) {
    const named = way();
    unusable.push(...named.unusable);
    if (named !== noLead && named.unusable.length === 0) return { said: named.said, unusable };
  }
  return { said: {}, unusable };
}

const noLead: LeadNamed = { said: {}, unusable: [] };

const wrongSignature =
  'is a client_reference_id whose signature matches none of the secrets: it was edited, or signed with a secret that ' +
  'is not (or no longer) in STRIPE_REFERENCE_SECRET, or for another account';

function unusable(rule: LinkRule, message: string): LeadNamed {
  return { said: {}, unusable: [{ rule, message }] };
}

function checked(value: unknown, rule: LinkRule, options: LinkOptions): LeadNamed {
  const { account, allowEmailLeadIds: allowEmail = false } = options;
  const [problem] = leadIdProblems(value, { allowEmail, check: checkIdOf(account) });
  if (problem !== undefined) return unusable(rule, problem.message);
  const at = formatInstant(new Date(options.createdAt * 1000));
  return { said: { link: { leadId: String(value), rule, at } }, unusable: [] };
}
