import assert from 'node:assert/strict';
import { connectClient } from '../../src/temporal/connect.js';
import { connectWorker } from '../../src/temporal/connect-worker.js';
import { TemporalConfigError, TemporalUnavailableError } from '../../src/temporal/errors.js';
import { type Certificates, makeCertificates, serverName } from '../support/certificates.js';
import { type SecureProxy, startSecureProxy } from '../support/secure-proxy.js';
import { type TestServer, testServer } from '../support/temporal-server.js';

type Servers = Readonly<Record<'oneSided' | 'mutual' | 'mutual12' | 'named', SecureProxy>>;

interface Case {
  readonly to: keyof Servers | 'plain' | 'metrics';
  readonly env: (certificates: Certificates) => Record<string, string>;
}

const ownCa = (certificates: Certificates) => ({ TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificates.pem('ca') });
const certificateOf = (name: 'client' | 'stranger') => (certificates: Certificates) => ({
  ...ownCa(certificates),
  TEMPORAL_TLS_CLIENT_CERT_PATH: certificates.pem(name),
  TEMPORAL_TLS_CLIENT_KEY_PATH: certificates.key(name),
});

const right: Readonly<Record<string, Case>> = {
  'a private CA': { to: 'oneSided', env: ownCa },
  'a client certificate': { to: 'mutual', env: certificateOf('client') },
  'a client certificate and TLS 1.2': { to: 'mutual12', env: certificateOf('client') },
  'another server name': { to: 'named', env: (all) => ({ ...ownCa(all), TEMPORAL_TLS_SERVER_NAME: serverName }) },
  'an API key and no TLS': { to: 'plain', env: () => ({ TEMPORAL_API_KEY: 'key', TEMPORAL_TLS: 'false' }) },
};

const mistakes: Readonly<Record<string, Case & { readonly said: RegExp }>> = {
  'TLS is off': {
    to: 'oneSided',
    env: () => ({}),
    said: /\(the server uses TLS, and TLS is off\); set TEMPORAL_TLS=true/,
  },
  'TLS is off, and the server wants a client certificate': {
    to: 'mutual12',
    env: () => ({}),
    said: /\(the server uses TLS, and TLS is off\); set TEMPORAL_TLS=true/,
  },
  'the CA is not set': {
    to: 'oneSided',
    env: () => ({ TEMPORAL_TLS: 'true' }),
    said: /issued by a CA that is unknown here\); set TEMPORAL_TLS_SERVER_CA_CERT_PATH/,
  },
  'the CA is another one': {
    to: 'oneSided',
    env: (all) => ({ TEMPORAL_TLS_SERVER_CA_CERT_PATH: all.pem('stranger') }),
    said: /is not issued by the CA in TEMPORAL_TLS_SERVER_CA_CERT_PATH\)/,
  },
  'the client certificate is missing': {
    to: 'mutual',
    env: ownCa,
    said: /requires a client certificate, and none is set: certificate required\); set TEMPORAL_TLS_CLIENT_CERT_PATH/,
  },
  'the client certificate is missing with TLS 1.2': {
    to: 'mutual12',
    env: ownCa,
    said: /requires a client certificate, and none is set/,
  },
  'the client certificate is of an unknown CA': {
    to: 'mutual',
    env: certificateOf('stranger'),
    said: /\(the server refuses the client certificate\); set TEMPORAL_TLS_CLIENT_CERT_PATH/,
  },
  'the server has another name': {
    to: 'named',
    env: ownCa,
    said: /certificate is for DNS:temporal\.internal, not for 127\.0\.0\.1\); set TEMPORAL_TLS_SERVER_NAME/,
  },
  'the server name is wrong': {
    to: 'oneSided',
    env: (all) => ({ ...ownCa(all), TEMPORAL_TLS_SERVER_NAME: 'elsewhere.internal' }),
    said: /is for DNS:temporal\.internal, IP Address:127\.0\.0\.1, not for elsewhere\.internal\)/,
  },
  'an API key turns TLS on': {
    to: 'plain',
    env: () => ({ TEMPORAL_API_KEY: 'key' }),
    said: /\(TLS is on, as an API key is set, and the server does not use it\); set TEMPORAL_TLS=false\.$/,
  },
  'TLS is on for a server without it': {
    to: 'plain',
    env: () => ({ TEMPORAL_TLS: 'true' }),
    said: /\(TLS is on, and the server does not use it\); set TEMPORAL_TLS=false\.$/,
  },
  'the port is of something else': {
    to: 'metrics',
    env: () => ({}),
    said: /\(something other than a Temporal server answers there\); set TEMPORAL_ADDRESS to the port of the frontend/,
  },
  'the port is of something else, with TLS': {
    to: 'metrics',
    env: () => ({ TEMPORAL_TLS: 'true' }),
    said: /\(something other than a Temporal server answers there\)/,
  },
  'a client certificate has no key': {
    to: 'mutual',
    env: (all) => ({ ...ownCa(all), TEMPORAL_TLS_CLIENT_CERT_PATH: all.pem('client') }),
    said: /client\.pem\) is a client certificate without its key; set TEMPORAL_TLS_CLIENT_KEY_PATH too\.$/,
  },
  'a key has no certificate': {
    to: 'mutual',
    env: (all) => ({ ...ownCa(all), TEMPORAL_TLS_CLIENT_KEY_PATH: all.key('client') }),
    said: /client\.key\) is a client key without its certificate; set TEMPORAL_TLS_CLIENT_CERT_PATH too\.$/,
  },
  'the key is of another certificate': {
    to: 'mutual',
    env: (all) => ({ ...certificateOf('client')(all), TEMPORAL_TLS_CLIENT_KEY_PATH: all.key('stranger') }),
    said: /TEMPORAL_TLS_CLIENT_KEY_PATH \(.*\) is not the key of TEMPORAL_TLS_CLIENT_CERT_PATH/,
  },
  'a file is missing': {
    to: 'oneSided',
    env: () => ({ TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/no/such/ca.pem' }),
    said: /TEMPORAL_TLS_SERVER_CA_CERT_PATH \(\/no\/such\/ca\.pem\) cannot be read \(ENOENT\)/,
  },
  'a file contains no certificate': {
    to: 'oneSided',
    env: (all) => ({ TEMPORAL_TLS_SERVER_CA_CERT_PATH: all.key('ca') }),
    said: /TEMPORAL_TLS_SERVER_CA_CERT_PATH \(.*\) contains no certificate in the PEM format/,
  },
  'TEMPORAL_TLS is neither true nor false': {
    to: 'oneSided',
    env: () => ({ TEMPORAL_TLS: 'yes' }),
    said: /TEMPORAL_TLS must be true or false/,
  },
};

describe('a connection to a Temporal server with TLS', () => {
  let server: TestServer;
  let certificates: Certificates;
  let servers: Servers;

  before(async () => {
    server = await testServer();
    certificates = await makeCertificates();
    const { address } = server;
    const own = (name: 'server' | 'named') => ({ cert: certificates.pem(name), key: certificates.key(name) });
    const clientCa = certificates.pem('ca');
    servers = {
      oneSided: await startSecureProxy({ address, tls: own('server') }),
      mutual: await startSecureProxy({ address, tls: own('server'), clientCa }),
      mutual12: await startSecureProxy({ address, tls: own('server'), clientCa, maxVersion: 'TLSv1.2' }),
      named: await startSecureProxy({ address, tls: own('named') }),
    };
  });

  after(async () => {
    await Promise.all(Object.values(servers).map((proxy) => proxy.close()));
    await certificates.remove();
  });

  for (const [name, { to, env }] of Object.entries(right)) {
    it(`works with ${name}, for clients and workers`, async () => {
      const target = targetOf(to, env);

      const client = await connectClient(target);
      const connection = await connectWorker(target);

      await connection.close();
      await client.connection.close();
    });
  }

  for (const [name, { to, env, said }] of Object.entries(mistakes)) {
    it(`says that ${name}, and that repeating does not help`, async () => {
      const target = { ...targetOf(to, env), timeout: '1 second' as const };

      for (const connect of [connectClient, connectWorker]) {
        await assert.rejects(connect(target), (error: Error) => {
          assert.ok(error instanceof TemporalConfigError, error.message);
          assert.match(error.message, said);
          return true;
        });
      }
    });
  }

  it('may be repeated if nothing listens at the address', async () => {
    await assert.rejects(
      connectClient({ address: '127.0.0.1:9', env: noFile, timeout: '1 second' }),
      (error: Error) =>
        error instanceof TemporalUnavailableError &&
        /\(connection refused: nothing listens there\)/.test(error.message),
    );
  });

  it('may be repeated only if the name service does not answer, and not if it does not know the host', async () => {
    await assert.rejects(
      connectClient({ address: 'temporal.invalid:7233', env: noFile, timeout: '1 second' }),
      // On a machine without a network, the name service does not answer.
      (error: Error) =>
        error instanceof TemporalConfigError
          ? /\(the host name is unknown\); see TEMPORAL_ADDRESS/.test(error.message)
          : /\(the host name cannot be looked up now\)/.test(error.message),
    );
  });

  const noFile = { TEMPORAL_CONFIG_FILE: '/no/such/temporal.toml' };

  function targetOf(to: Case['to'], env: Case['env']) {
    const address =
      to === 'plain' ? server.address : to === 'metrics' ? new URL(server.metricsUrl).host : servers[to].address;
    return { address, namespace: server.namespace, env: { ...noFile, ...env(certificates) } };
  }
});
