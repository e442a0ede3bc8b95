import assert from 'node:assert/strict';
import { connectClient } from '../../src/temporal/connect.js';
import { connectWorker } from '../../src/temporal/connect-worker.js';
import { TemporalConfigError, TemporalUnavailableError } from '../../src/temporal/errors.js';
import { temporalConfig } from '../../src/temporal/settings.js';
import { testServer } from '../support/temporal-server.js';

/** Ignores the profile of the user who runs the tests. */
const noFile = { TEMPORAL_CONFIG_FILE: '/no/such/temporal.toml' };
/** Nothing listens there. */
const nowhere = '127.0.0.1:9';

describe('connecting to Temporal', () => {
  it('reads address, namespace and API key from the environment', () => {
    const env = {
      ...noFile,
      TEMPORAL_ADDRESS: 'eu.example:7233',
      TEMPORAL_NAMESPACE: 'leads',
      TEMPORAL_API_KEY: 'key',
    };

    const { connectionOptions, namespace } = temporalConfig({ env });

    assert.equal(connectionOptions.address, 'eu.example:7233');
    assert.equal(connectionOptions.apiKey, 'key');
    assert.equal(connectionOptions.tls, true);
    assert.equal(namespace, 'leads');
  });

  it('defaults to the server on this machine', () => {
    const { connectionOptions, namespace } = temporalConfig({ env: noFile });

    assert.equal(connectionOptions.address, 'localhost:7233');
    assert.equal(namespace, 'default');
  });

  it('prefers explicit options', () => {
    const env = { ...noFile, TEMPORAL_ADDRESS: 'eu.example:7233', TEMPORAL_NAMESPACE: 'leads' };

    const { connectionOptions, namespace } = temporalConfig({ env, address: 'here:1', namespace: 'mine' });

    assert.equal(connectionOptions.address, 'here:1');
    assert.equal(namespace, 'mine');
  });

  it('takes an empty variable as unset', () => {
    const env = { ...noFile, TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: ' ', TEMPORAL_API_KEY: '', TEMPORAL_TLS: '' };

    const { connectionOptions, namespace } = temporalConfig({ env });

    assert.equal(connectionOptions.address, 'localhost:7233');
    assert.equal(connectionOptions.apiKey, undefined);
    assert.equal(connectionOptions.tls, undefined);
    assert.equal(namespace, 'default');
  });

  for (const [text, expected] of [
    [' localhost:7300\n', 'localhost:7300'],
    ['temporal.example.com', 'temporal.example.com:7233'],
    ['[::1]:7300', '[::1]:7300'],
  ] as const) {
    it(`reads the address ${JSON.stringify(text)}`, () => {
      const { connectionOptions } = temporalConfig({ env: { ...noFile, TEMPORAL_ADDRESS: text } });

      assert.equal(connectionOptions.address, expected);
    });
  }

  for (const [text, fix] of [
    ['http://localhost:7233', 'TEMPORAL_ADDRESS=localhost:7233'],
    ['https://leads.abcde.tmprl.cloud:7233/', 'TEMPORAL_ADDRESS=leads.abcde.tmprl.cloud:7233 and TEMPORAL_TLS=true'],
    ['https://user:secret@temporal.example', 'TEMPORAL_ADDRESS=temporal.example:7233 and TEMPORAL_TLS=true'],
    ['localhost:7233/', 'TEMPORAL_ADDRESS=localhost:7233'],
    ['localhost:72330', 'TEMPORAL_ADDRESS=temporal.example.com:7233'],
    ['localhost:', 'TEMPORAL_ADDRESS=temporal.example.com:7233'],
    ['my host:7233', 'TEMPORAL_ADDRESS=temporal.example.com:7233'],
  ] as const) {
    it(`rejects the address ${text}, and says what to write instead`, () => {
      assert.throws(
        () => temporalConfig({ env: { ...noFile, TEMPORAL_ADDRESS: text } }),
        (error: Error) => {
          assert.ok(error instanceof TemporalConfigError);
          assert.equal(error.message, `Invalid Temporal address: it must be host:port and no URL; set ${fix}.`);
          return true;
        },
      );
    });
  }

  it('rejects invalid settings', () => {
    assert.throws(() => temporalConfig({ env: { ...noFile, TEMPORAL_PROFILE: 'missing' } }), TemporalConfigError);
  });

  it('returns a client of the namespace', async () => {
    const { address, namespace } = await testServer();

    const client = await connectClient({ address, namespace, env: noFile });

    assert.equal(client.options.namespace, namespace);
    await client.connection.close();
  });

  it('fails with one line, within the timeout, if nothing answers', async () => {
    await assert.rejects(connectClient({ address: nowhere, env: noFile, timeout: '1 second' }), (error: Error) => {
      assert.ok(error instanceof TemporalUnavailableError);
      assert.match(error.message, /^Temporal cannot be reached at 127\.0\.0\.1:9 .*TEMPORAL_ADDRESS\.$/);
      return true;
    });
  });

  it('rejects certificates that cannot be read', async () => {
    const env = { ...noFile, TEMPORAL_TLS_CLIENT_CERT_DATA: 'no certificate', TEMPORAL_TLS_CLIENT_KEY_DATA: 'no key' };

    await assert.rejects(connectClient({ address: nowhere, env }), TemporalConfigError);
  });

  it('names the missing namespace', async () => {
    const { address } = await testServer();

    await assert.rejects(connectClient({ address, namespace: 'no-such', env: noFile }), (error: Error) => {
      assert.ok(error instanceof TemporalConfigError);
      assert.match(error.message, /has no namespace no-such; see TEMPORAL_NAMESPACE/);
      return true;
    });
  });

  it('fails the same way for a worker', async () => {
    await assert.rejects(connectWorker({ address: nowhere, env: noFile }), TemporalUnavailableError);
  });
});
