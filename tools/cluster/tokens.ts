import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const keyId = 'cluster';

/** An identity provider, as far as Temporal needs one: it serves its public key, and signs tokens. */
export interface Tokens {
  /** URL of the JWKS. */
  readonly url: string;
  /** A token with Temporal's permissions, such as `journeys:write` or `temporal-system:admin`. */
  token(permissions: readonly string[], validForSeconds?: number): string;
  close(): Promise<void>;
}

export async function startTokens(): Promise<Tokens> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: keyId, alg: 'RS256', use: 'sig' }];
  const server = createServer((_, response) => response.end(JSON.stringify({ keys }))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  return {
    url: `http://127.0.0.1:${port}/jwks.json`,
    token(permissions, validForSeconds = 3_600) {
      const now = Math.floor(Date.now() / 1000);
      const head = encode({ alg: 'RS256', typ: 'JWT', kid: keyId });
      const body = encode({ sub: 'customer-journey', iat: now, exp: now + validForSeconds, permissions });
      const signature = sign('RSA-SHA256', Buffer.from(`${head}.${body}`), privateKey);
      return `${head}.${body}.${signature.toString('base64url')}`;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
