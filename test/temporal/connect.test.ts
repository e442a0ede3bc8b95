import assert from 'node:assert/strict';
import {
  connectClient,
  TemporalConfigError,
  TemporalUnavailableError,
  temporalConfig,
} from '../../src/temporal/connect.js';
import { connectWorker } from '../../src/temporal/connect-worker.js';
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
