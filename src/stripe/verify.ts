import Stripe from 'stripe';

/** A signing secret of one webhook endpoint. Several are tried in turn, so that a secret can be replaced without a gap. */
export interface StripeSecret {
  readonly account: string;
  readonly mode: StripeMode;
  /** `whsec_...` */
  readonly secret: string;
}
export type StripeMode = 'live' | 'test';

export type OpenedStripeEvent =
  | {
      readonly ok: true;
      /** As Stripe sent it; what its shape is, `readStripeEvent` finds out. */
      readonly event: unknown;
      /** Of the secret that verified it. */
      readonly account: string;
      readonly mode: StripeMode;
      /** The event says that it is of the other mode than its secret is for. */
      readonly isWrongMode: boolean;
    }
  | ({ readonly ok: false } & StripeRefusal);

export interface StripeRefusal {
  readonly kind: 'missing-signature' | 'wrong-signature' | 'old-timestamp' | 'not-json' | 'thin-event';
  /** What is wrong and what to do. Repeats neither a secret nor anything of the request. */
  readonly message: string;
}

/** As long as Stripe's own libraries give it: a signed request that was recorded cannot be sent again later. */
const toleranceSeconds = 300;

/**
 * Opens an event that Stripe sent.
 *
 * @param rawBody the body byte by byte: parsed and written again, it no longer fits its signature.
 * @param signature the header `Stripe-Signature`.
 */
export function openStripeEvent(
  rawBody: Buffer,
  signature: string | undefined,
  secrets: readonly StripeSecret[],
): OpenedStripeEvent {
  if (signature === undefined || signature === '') return refused('missing-signature');
  const signer = secrets.find(({ secret }) => isSigned(rawBody, signature, secret));
  if (signer === undefined) {
    const isOld = secrets.some(({ secret }) => isSigned(rawBody, signature, secret, { atAnyTime: true }));
    return refused(isOld ? 'old-timestamp' : 'wrong-signature');
  }
  const event = parse(rawBody);
  if (event === undefined) return refused('not-json');
  if (fieldOf(event, 'object') === 'v2.core.event') return refused('thin-event');
  const { account, mode } = signer;
  const isLive = fieldOf(event, 'livemode');
  return { ok: true, event, account, mode, isWrongMode: typeof isLive === 'boolean' && isLive !== (mode === 'live') };
}

const messages: Readonly<Record<StripeRefusal['kind'], string>> = {
  'missing-signature':
    'The request has no header Stripe-Signature. Only Stripe posts here; a proxy in between must pass the header on.',
  'wrong-signature':
    'The signature fits none of the configured signing secrets. Take the secret (whsec_...) of this very endpoint ' +
    'from the Stripe dashboard, one for each mode, and let no proxy change the body.',
  'old-timestamp':
    `The signature is right, but older than ${toleranceSeconds} seconds. Check the clock of this machine. ` +
    'Stripe signs every retry anew, so a request that was recorded and sent again ends here.',
  'not-json': 'The signature is right, but the body is not JSON. Stripe sends events as JSON only.',
  'thin-event':
    'The signature is right, but this is a thin event, which holds no data. ' +
    'Choose the payload style "snapshot" for this event destination in the Stripe dashboard.',
};

function refused(kind: StripeRefusal['kind']): OpenedStripeEvent {
  return { ok: false, kind, message: messages[kind] };
}

function isSigned(rawBody: Buffer, signature: string, secret: string, { atAnyTime = false } = {}): boolean {
  try {
    // Zero switches the check of the time off. Only a `true` counts: for a crafted header the library also throws errors that
    // are not about signatures.
    return (
      Stripe.webhooks.signature?.verifyHeader(rawBody, signature, secret, atAnyTime ? 0 : toleranceSeconds) === true
    );
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
    ? (value as Record<string, unknown>)[field] // just looked
    : undefined;
}
