import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type ClientConfigTLS, type ConfigDataSource, loadConfigData } from '@temporalio/envconfig';
import { invalidSettings } from './errors.js';

const names = {
  serverCACert: 'TEMPORAL_TLS_SERVER_CA_CERT',
  clientCert: 'TEMPORAL_TLS_CLIENT_CERT',
  clientKey: 'TEMPORAL_TLS_CLIENT_KEY',
} as const;

/**
 * Reads the certificates and the key, and checks that each can be used. The SDK ignores a client certificate without a
 * key, and a CA file without a certificate.
 *
 * @throws TemporalConfigError naming the variable
 */
export function readCertificates(tls: ClientConfigTLS): ClientConfigTLS {
  requireBoth(tls);
  const serverCACert = read(tls, 'serverCACert', (pem) => new X509Certificate(pem));
  const clientCert = read(tls, 'clientCert', (pem) => new X509Certificate(pem));
  const clientKey = read(tls, 'clientKey', (pem) => createPrivateKey(pem));
  if (clientCert && clientKey && !clientCert.value.checkPrivateKey(clientKey.value)) {
    throw invalidSettings(`${variable(tls, 'clientKey')} is not the key of ${variable(tls, 'clientCert')}.`);
  }
  return {
    ...tls,
    ...(serverCACert && { serverCACert: serverCACert.source }),
    ...(clientCert && { clientCert: clientCert.source }),
    ...(clientKey && { clientKey: clientKey.source }),
  };
}

function requireBoth(tls: ClientConfigTLS): void {
  const given = (['clientCert', 'clientKey'] as const).filter((part) => tls[part] !== undefined);
  const [only] = given;
  if (only === undefined || given.length === 2) return;
  const missing = only === 'clientCert' ? 'clientKey' : 'clientCert';
  const what = only === 'clientCert' ? 'a client certificate without its key' : 'a client key without its certificate';
  throw invalidSettings(`${variable(tls, only)} is ${what}; set ${names[missing]}_PATH too.`);
}

/** @param parse throws if the content is not in the PEM format */
function read<Value>(tls: ClientConfigTLS, part: keyof typeof names, parse: (pem: Buffer) => Value) {
  const source = tls[part];
  if (source === undefined) return undefined;
  const data = contentOf(tls, part, source);
  try {
    return { source: { data }, value: parse(Buffer.from(data)) };
  } catch (error) {
    const what = part === 'clientKey' ? 'no unencrypted private key' : 'no certificate';
    throw invalidSettings(`${variable(tls, part)} contains ${what} in the PEM format.`, error);
  }
}

function contentOf(tls: ClientConfigTLS, part: keyof typeof names, source: ConfigDataSource): Uint8Array {
  try {
    return loadConfigData(source) ?? new Uint8Array();
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error); // reading a file failed
    throw invalidSettings(`${variable(tls, part)} cannot be read (${reason}).`, error);
  }
}

/** The variable, with its file; never the content of a variable with data. */
function variable(tls: ClientConfigTLS, part: keyof typeof names): string {
  const source = tls[part];
  return source && 'path' in source ? `${names[part]}_PATH (${source.path})` : `${names[part]}_DATA`;
}
