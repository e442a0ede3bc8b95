import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The name in the certificate of the server, besides the address 127.0.0.1. */
export const serverName = 'temporal.internal';

/** A folder with certificates, each with its key: `NAME.pem` and `NAME.key`. */
export interface Certificates {
  /** The path of a certificate. */
  pem(name: 'ca' | 'server' | 'named' | 'client' | 'stranger'): string;
  /** The path of its key. */
  key(name: 'ca' | 'server' | 'named' | 'client' | 'stranger'): string;
  remove(): Promise<void>;
}

/**
 * Makes an own CA, and certificates issued by it: of a server at 127.0.0.1, of a server with a name only (`named`), and
 * of a client. `stranger` is its own CA, which nobody trusts.
 */
export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'journey-certificates-'));
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  const newKey = (name: string) => ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-subj', `/CN=${name}`];
  for (const name of ['ca', 'stranger']) {
    await openssl('req', '-x509', ...newKey(name), '-days', '30', '-out', `${name}.pem`);
  }
  for (const [name, names] of [
    ['server', `DNS:${serverName},IP:127.0.0.1`],
    ['named', `DNS:${serverName}`],
    ['client', 'DNS:customer-journey'],
  ] as const) {
    await writeFile(join(folder, `${name}.ext`), `subjectAltName=${names}\n`);
    await openssl('req', ...newKey(name), '-out', `${name}.csr`);
    const issuer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30'];
    await openssl('x509', '-req', '-in', `${name}.csr`, ...issuer, '-extfile', `${name}.ext`, '-out', `${name}.pem`);
  }
  return {
    pem: (name) => join(folder, `${name}.pem`),
    key: (name) => join(folder, `${name}.key`),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
