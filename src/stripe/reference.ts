import { createHmac, timingSafeEqual } from 'node:crypto';
import { checkIdOf, leadIdProblems } from '../domain/journey/reports.js';

export interface StripeReferenceOptions {
  /**
   * The gateway's `STRIPE_REFERENCE_SECRET`, at least 32 characters. The first of several secrets signs; the gateway
   * accepts all of them, so that secrets can be rotated without a gap.
   */
  readonly secret: string | readonly string[];
  /** Default: `default`. */
  readonly account?: string;
  /** Set it if the gateway has `ALLOW_EMAIL_LEAD_IDS`. Default: false. */
  readonly allowEmailLeadIds?: boolean;
}

/** The result of reading a `client_reference_id`. */
export type StripeReferenceReading =
  | { readonly kind: 'signed'; readonly leadId: string }
  /** Not trustworthy: the buyer can edit it in the URL of a payment link. */
  | { readonly kind: 'unsigned'; readonly text: string }
  /** It has our prefix, but no valid signature. */
  | { readonly kind: 'wrong-signature' }
  | { readonly kind: 'none' };

/** Stripe silently replaces a longer `client_reference_id`, or one with any other character, with null. */
const stripeSafe = /^[A-Za-z0-9_-]{1,200}$/;
const maxLength = 200;

/** A lead id that Stripe accepts is included unchanged; any other one in base64url, marked by the `x`. */
const plainPrefix = 'cj1-';
const encodedPrefix = 'cj1x-';
/** 128 bits in base64url. */
const signatureLength = 22;

export const minReferenceSecretLength = 32;

/**
 * Makes a `client_reference_id` that names a lead to the gateway, for checkout sessions and payment links. It is
 * signed, because a buyer can edit it in a payment link, and contains only characters that Stripe accepts.
 *
 * @returns at most 200 characters of `A-Z a-z 0-9 - _`, for example `cj1-lead_42-3q2-7wAAAAAAAAAAAAAAAA`.
 * @throws TypeError if the lead id or the secret is invalid, RangeError if the reference is longer than Stripe allows.
 */
export function stripeReference(leadId: string, options: StripeReferenceOptions): string {
  const { account, allowEmailLeadIds: allowEmail = false } = options;
  const [problem] = leadIdProblems(leadId, { allowEmail, check: checkIdOf(account) });
  if (problem !== undefined) throw new TypeError(`The lead id ${problem.message}.`);
  const [secret] = [options.secret].flat();
  if (secret === undefined || secret.length < minReferenceSecretLength) {
    throw new TypeError(
      `The secret must have at least ${minReferenceSecretLength} characters. Generate one: openssl rand -base64 32`,
    );
  }
  const reference = sign(leadId, secret, options.account ?? 'default');
  if (reference.length > maxLength) {
    throw new RangeError(
      `The lead id is too long for a client_reference_id: the signed reference has ${reference.length} characters, ` +
        `and Stripe allows ${maxLength}. Put the lead id into the metadata of the checkout session or the ` +
        'subscription instead.',
    );
  }
  return reference;
}

/** Reads the `client_reference_id` of a checkout session. Never throws. */
export function readStripeReference(
  reference: unknown,
  { secrets, account = 'default' }: { readonly secrets: readonly string[]; readonly account?: string },
): StripeReferenceReading {
  if (typeof reference !== 'string' || reference === '') return { kind: 'none' };
  const isEncoded = reference.startsWith(encodedPrefix);
  if (!isEncoded && !reference.startsWith(plainPrefix)) return { kind: 'unsigned', text: reference };
  const named = reference.slice((isEncoded ? encodedPrefix : plainPrefix).length, -signatureLength - 1);
  const leadId = isEncoded ? Buffer.from(named, 'base64url').toString('utf8') : named;
  // Regenerates and compares the whole reference, so that each lead id has exactly one valid reference.
  const isOurs = secrets.some(
    (secret) => secret.length >= minReferenceSecretLength && isEqual(sign(leadId, secret, account), reference),
  );
  return isOurs ? { kind: 'signed', leadId } : { kind: 'wrong-signature' };
}

function sign(leadId: string, secret: string, account: string): string {
  // JSON, so that account and lead id are unambiguous; the first element separates this use of the secret from others.
  const signed = JSON.stringify(['client_reference_id', account, leadId]);
  const signature = createHmac('sha256', secret).update(signed).digest('base64url').slice(0, signatureLength);
  return stripeSafe.test(leadId)
    ? `${plainPrefix}${leadId}-${signature}`
    : `${encodedPrefix}${Buffer.from(leadId, 'utf8').toString('base64url')}-${signature}`;
}

function isEqual(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
