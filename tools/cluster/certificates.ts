import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The name in the server's certificate, which clients check. */
export const serverName = 'temporal.internal';

/**
 * Creates a certificate authority, a certificate for the server and one for clients, and a second authority that the
 * server does not know, with `openssl`. All keys are unencrypted.
 *
 * @returns the folder, with `ca.pem`, `server.pem`, `client.pem`, `stranger.pem` and a `.key` for each
 */
export async function createCertificates(parent: string): Promise<string> {
  const folder = join(parent, 'tls');
  await mkdir(folder);
  for (const [name, subject] of [
    ['ca', 'journeys CA'],
    ['stranger', 'stranger'],
  ] as const) {
    await openssl(folder, 'req', '-x509', ...newKey(name), '-days', '30', '-out', `${name}.pem`, ...named(subject));
  }
  await sign(folder, 'server', `DNS:${serverName}`);
  await sign(folder, 'client', 'DNS:customer-journey');
  return folder;
}

async function sign(folder: string, name: string, alternativeName: string): Promise<void> {
  const extensions = `subjectAltName=${alternativeName}\nextendedKeyUsage=serverAuth,clientAuth\n`;
  await writeFile(join(folder, `${name}.ext`), extensions);
  await openssl(folder, 'req', ...newKey(name), '-out', `${name}.csr`, ...named(name));
  const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
  const files = ['-in', `${name}.csr`, '-extfile', `${name}.ext`, '-out', `${name}.pem`];
  await openssl(folder, 'x509', '-req', ...files, ...authority, '-days', '30');
}

function newKey(name: string): string[] {
  return ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`];
}

function named(subject: string): string[] {
  return ['-subj', `/CN=${subject}`];
}

async function openssl(folder: string, ...args: string[]): Promise<void> {
  await run('openssl', args, { cwd: folder });
}
