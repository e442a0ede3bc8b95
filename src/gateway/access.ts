import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a key may do: report events, read journeys, set links. */
export const scopes = ['ingest', 'read', 'operate'] as const;
export type Scope = (typeof scopes)[number];

/** A key as configured in the environment: its hash and permissions. */
export interface AccessKey {
  /** For logs. */
  readonly name: string;
  readonly account: string;
  readonly scopes: readonly Scope[];
  /** SHA-256 of the key. A key has 256 random bits, so a slow hash would not add protection. */
  readonly hash: Buffer;
}

/** The authenticated sender of a request. */
export type Caller = Pick<AccessKey, 'name' | 'account' | 'scopes'>;

/** Generates a key, to be shown once, and its entry for `GATEWAY_KEYS`. */
export function makeKey({ name, account, scopes: granted }: Caller): { readonly key: string; readonly entry: string } {
  const key = `cjk_${randomBytes(32).toString('base64url')}`;
  return { key, entry: `${name}:${account}:${granted.join('+')}:${hashOf(key).toString('hex')}` };
}

/**
 * Finds the caller by the key in the `Authorization` header. Compares with every configured key in constant time, so
 * that the response time discloses nothing.
 */
export function callerOf(authorization: string | undefined, keys: readonly AccessKey[]): Caller | undefined {
  const key = /^Bearer +(?<key>[\x21-\x7e]+) *$/i.exec(authorization ?? '')?.groups?.key;
  if (key === undefined) return undefined;
  const presented = hashOf(key);
  return keys.filter(({ hash }) => timingSafeEqual(hash, presented))[0];
}

/** Compares two secrets in constant time. */
export function isSameSecret(presented: string, secret: string): boolean {
  return timingSafeEqual(hashOf(presented), hashOf(secret));
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
