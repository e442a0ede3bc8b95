import { createHmac, timingSafeEqual } from 'node:crypto';
import { leadIdProblems } from '../domain/journey/reports.js';

export interface StripeReferenceOptions {
  /**
   * The gateway's `STRIPE_REFERENCE_SECRET`, at least 32 characters. Of several the first one signs; the gateway believes them
   * all, so that a secret can be replaced without a gap.
   */
  readonly secret: string | readonly string[];
  /** Default: `default`, as everywhere. */
  readonly account?: string;
  /** Set it where the gateway has `ALLOW_EMAIL_LEAD_IDS`. Default: false. */
  readonly allowEmailLeadIds?: boolean;
}

/** What `client_reference_id` says about the lead. */
export type StripeReferenceReading =
  | { readonly kind: 'signed'; readonly leadId: string }
  /** Anybody could have written it: the buyer can edit it in the address of a payment link. */
  | { readonly kind: 'unsigned'; readonly text: string }
  /** It looks like ours, and is not. */
  | { readonly kind: 'wrong-signature' }
  | { readonly kind: 'none' };

/** Stripe turns a longer `client_reference_id`, or one with any other character, into null without a word. */
const stripeSafe = /^[A-Za-z0-9_-]{1,200}$/;
const maxLength = 200;

/** A lead id that Stripe takes stands in the reference as it is; any other one in base64url, marked by the `x`. */
const plainPrefix = 'cj1-';
const encodedPrefix = 'cj1x-';
/** 128 bits in base64url. */
const signatureLength = 22;

export const minReferenceSecretLength = 32;

/**
 * Makes a `client_reference_id` that names a lead to the gateway, for checkout sessions and payment links. It is signed, because
 * the buyer can edit the one of a payment link, and made of what Stripe takes.
 *
 * @returns at most 200 of `A-Z a-z 0-9 - _`, for example `cj1-lead_42-3q2-7wAAAAAAAAAAAAAAAA`.
 * @throws TypeError if the lead id or the secret is not usable, RangeError if the reference would be longer than Stripe takes.
 */
export function stripeReference(leadId: string, options: StripeReferenceOptions): string {
  const [problem] = leadIdProblems(leadId, { allowEmail: options.allowEmailLeadIds ?? false });
  if (problem !== undefined) throw new TypeError(`The lead id ${problem.message}.`);
  const [secret] = [options.secret].flat();
  if (secret === undefined || secret.length < minReferenceSecretLength) {
    throw new TypeError(
      `The secret must have at least ${minReferenceSecretLength} characters. Make one with: openssl rand -base64 32`,
    );
  }
  const reference = sign(leadId, secret, options.account ?? 'default');
  if (reference.length > maxLength) {
    throw new RangeError(
      `The lead id is too long for a client_reference_id: the signed reference has ${reference.length} characters, and Stripe ` +
        `drops more than ${maxLength}. Put the lead id into the metadata of the checkout session or the subscription instead.`,
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
  // The whole reference is made again and compared, so that a lead id has exactly one reference that counts.
  const isOurs = secrets.some(
    (secret) => secret.length >= minReferenceSecretLength && isEqual(sign(leadId, secret, account), reference),
  );
  return isOurs ? { kind: 'signed', leadId } : { kind: 'wrong-signature' };
}

function sign(leadId: string, secret: string, account: string): string {
  // As JSON, so that no other account and lead id read the same; the first word keeps the secret's other uses apart.
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
