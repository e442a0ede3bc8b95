import Stripe from 'stripe';
import type { SourceAlias } from '../domain/billing/source.js';

/** A signing secret of one webhook endpoint. All secrets are tried, so that one can be rotated without a gap. */
export interface StripeSecret {
  readonly account: string;
  readonly mode: StripeMode;
  /** The alias of the billing source that the events belong to. Undefined: the first source. */
  readonly source?: SourceAlias;
  /** `whsec_...` */
  readonly secret: string;
}
export type StripeMode = 'live' | 'test';

export type OpenedStripeEvent =
  | {
      readonly ok: true;
      /** As Stripe sent it; `readStripeEvent` validates it. */
      readonly event: unknown;
      /** The account of the secret that verified it. */
      readonly account: string;
      readonly mode: StripeMode;
      /** The billing source of the secret. */
      readonly source?: SourceAlias;
      /** Whether the event's mode differs from that of its secret. */
      readonly isWrongMode: boolean;
    }
  | ({ readonly ok: false } & StripeRefusal);

export interface StripeRefusal {
  readonly kind: 'missing-signature' | 'wrong-signature' | 'old-timestamp' | 'not-json' | 'thin-event';
  /** What is wrong and what to do. Contains neither a secret nor any part of the request. */
  readonly message: string;
}

/** The default of Stripe's own libraries, in seconds. It limits replays of recorded requests. */
export const defaultToleranceSeconds = 300;

/**
 * Verifies and parses an event that Stripe sent.
 *
 * @param rawBody the raw bytes: a body that was parsed and serialized again no longer matches its signature.
 * @param signature the `Stripe-Signature` header.
 * @param toleranceSeconds how old a signature may be: more if a forwarder or queue holds events.
 */
export function openStripeEvent(
  rawBody: Buffer,
  signature: string | undefined,
  secrets: readonly StripeSecret[],
  toleranceSeconds: number = defaultToleranceSeconds,
): OpenedStripeEvent {
  if (signature === undefined || signature === '') return refused('missing-signature');
  const signer = secrets.find(({ secret }) => isSigned(rawBody, signature, secret, toleranceSeconds));
  if (signer === undefined) {
    // A tolerance of zero disables the timestamp check.
    const isOld = secrets.some(({ secret }) => isSigned(rawBody, signature, secret, 0));
    return refused(isOld ? 'old-timestamp' : 'wrong-signature');
  }
  const event = parse(rawBody);
  if (event === undefined) return refused('not-json');
  if (fieldOf(event, 'object') === 'v2.core.event') return refused('thin-event');
  const { account, mode, source } = signer;
  const isLive = fieldOf(event, 'livemode');
  const isWrongMode = typeof isLive === 'boolean' && isLive !== (mode === 'live');
  return { ok: true, event, account, mode, ...(source !== undefined && { source }), isWrongMode };
}

const messages: Readonly<Record<StripeRefusal['kind'], string>> = {
  'missing-signature':
    'The request has no Stripe-Signature header. Only Stripe may call this endpoint; a proxy must forward the header.',
  'wrong-signature':
    'The signature matches none of the configured signing secrets. Use the secret (whsec_...) of this endpoint ' +
    'from the Stripe Dashboard, one for each mode, and make sure that no proxy changes the body.',
  'old-timestamp':
    'The signature is valid, but older than STRIPE_SIGNATURE_TOLERANCE allows. Check the clock of this machine. ' +
    'Stripe signs every retry anew, so this error also means that a recorded request may have been replayed. ' +
    'If a forwarder or a queue holds events, raise STRIPE_SIGNATURE_TOLERANCE.',
  'not-json': 'The signature is valid, but the body is not JSON. Stripe sends events as JSON only.',
  'thin-event':
    'The signature is valid, but this is a thin event, which contains no data. ' +
    'Set the payload style of this event destination to "snapshot" in the Stripe Dashboard.',
};

function refused(kind: StripeRefusal['kind']): OpenedStripeEvent {
  return { ok: false, kind, message: messages[kind] };
}

function isSigned(rawBody: Buffer, signature: string, secret: string, toleranceSeconds: number): boolean {
  try {
    // Every error counts as unsigned: for a crafted header the library also throws errors that are not about signatures.
    return Stripe.webhooks.signature?.verifyHeader(rawBody, signature, secret, toleranceSeconds) === true;
  } catch {
    return false;
  }
}

function parse(rawBody: Buffer): unknown {
  try {
    return JSON.parse(rawBody.toString('utf8'));
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, field: 'object' | 'livemode'): unknown {
  return typeof value === 'object' && value !== null && field in value
    ? (value as Record<string, unknown>)[field] // just checked
    : undefined;
}
