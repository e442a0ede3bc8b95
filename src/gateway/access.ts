import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a key may do: report facts, read journeys, settle links. */
export const scopes = ['ingest', 'read', 'operate'] as const;
export type Scope = (typeof scopes)[number];

/** A key as the environment holds it: its hash, and what it is good for. */
export interface AccessKey {
  /** For logs. */
  readonly name: string;
  readonly account: string;
  readonly scopes: readonly Scope[];
  /** SHA-256 of the key. A key is 256 random bits, so a slow hash would protect nothing more. */
  readonly hash: Buffer;
}

/** Whoever makes a request, once that is known. */
export type Caller = Pick<AccessKey, 'name' | 'account' | 'scopes'>;

/** Makes a key, to be shown once, and the entry of `GATEWAY_KEYS` that lets it in. */
export function makeKey({ name, account, scopes: granted }: Caller): { readonly key: string; readonly entry: string } {
  const key = `cjk_${randomBytes(32).toString('base64url')}`;
  return { key, entry: `${name}:${account}:${granted.join('+')}:${hashOf(key).toString('hex')}` };
}

/**
 * Whose key stands in an `Authorization` header. Every configured key is compared in constant time, so that the time tells
 * nothing of them.
 */
export function callerOf(authorization: string | undefined, keys: readonly AccessKey[]): Caller | undefined {
  const key = /^Bearer +(?<key>[\x21-\x7e]+) *$/i.exec(authorization ?? '')?.groups?.key;
  if (key === undefined) return undefined;
  const presented = hashOf(key);
  return keys.filter(({ hash }) => timingSafeEqual(hash, presented))[0];
}

/** Whether two secrets are the same, in a time that does not depend on where they differ. */
export function isSameSecret(presented: string, secret: string): boolean {
  return timingSafeEqual(hashOf(presented), hashOf(secret));
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
