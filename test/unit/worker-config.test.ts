import assert from 'node:assert/strict';
import { ConfigError, importConfig, workerConfig } from '../../src/runtime/config.js';
import { version } from '../../src/runtime/program.js';

const env = { CHARTMOGUL_API_KEY: 'key' };

describe('the configuration of a worker', () => {
  it('is unversioned by default', () => {
    assert.equal(workerConfig(env).deployment, undefined);
    assert.equal(workerConfig({ ...env, WORKER_BUILD_ID: '' }).deployment, undefined);
  });

  it('is versioned if asked for, or with a name or a build id', () => {
    const defaults = { deploymentName: 'customer-journey', buildId: version };

    assert.deepEqual(workerConfig({ ...env, WORKER_VERSIONING: 'true' }).deployment, defaults);
    assert.deepEqual(workerConfig({ ...env, WORKER_BUILD_ID: 'a1b2' }).deployment, { ...defaults, buildId: 'a1b2' });
    assert.deepEqual(workerConfig({ ...env, WORKER_DEPLOYMENT_NAME: 'crm' }).deployment, {
      ...defaults,
      deploymentName: 'crm',
    });
  });

  it('can turn versioning off in spite of a build id', () => {
    assert.equal(workerConfig({ ...env, WORKER_VERSIONING: 'false', WORKER_BUILD_ID: 'a1b2' }).deployment, undefined);
  });

  it('has a cache and pollers, and the import the same cache', () => {
    const { cachedWorkflows, workflowPollers } = workerConfig({ ...env, WORKER_WORKFLOW_POLLERS: '4' });

    assert.deepEqual([cachedWorkflows, workflowPollers], [100, 4]);
    assert.equal(importConfig({}).cachedWorkflows, cachedWorkflows);
    assert.equal(importConfig({ WORKER_CACHED_WORKFLOWS: '500' }).cachedWorkflows, 500);
  });

  it('has an operations port on this machine', () => {
    const { operations } = workerConfig(env);
    const moved = workerConfig({ ...env, WORKER_OPERATIONS_HOST: '0.0.0.0', WORKER_OPERATIONS_PORT: '0' }).operations;

    assert.deepEqual(operations, { host: '127.0.0.1', port: 9465 });
    assert.deepEqual(moved, { host: '0.0.0.0', port: 0 });
  });

  it('has one billing source, or further ones with an alias', () => {
    const sourcesOf = (BILLING_SOURCE: string) => workerConfig({ ...env, BILLING_SOURCE }).sources;

    assert.deepEqual(sourcesOf(''), { leads: 'Leads', billing: 'Stripe' });
    assert.deepEqual(sourcesOf('Stripe EU'), { leads: 'Leads', billing: 'Stripe EU' });
    assert.deepEqual(sourcesOf('Stripe, us = Stripe US,pad=ds_1'), {
      leads: 'Leads',
      billing: 'Stripe',
      furtherBilling: { us: 'Stripe US', pad: 'ds_1' },
    });
  });

  for (const [name, value, problem] of [
    ['BILLING_SOURCE', 'Stripe,Stripe US', 'further ones with an alias'],
    ['BILLING_SOURCE', 'Stripe,US=Stripe US', 'further ones with an alias'],
    ['BILLING_SOURCE', 'Stripe,us=', 'further ones with an alias'],
    ['BILLING_SOURCE', ',us=Stripe US', 'names no first source'],
    ['BILLING_SOURCE', 'Stripe,us=A,us=B', 'has the same alias twice'],
    ['WORKER_VERSIONING', 'maybe', 'must be true or false'],
    ['WORKER_DEPLOYMENT_NAME', 'a.b', 'must be 1 to 100 letters'],
    ['WORKER_DEPLOYMENT_NAME', '__a', 'not begin with __'],
    ['WORKER_BUILD_ID', 'a b', 'must be 1 to 100 letters'],
    ['WORKER_OPERATIONS_PORT', 'off', 'must be a number'],
    ['WORKER_CACHED_WORKFLOWS', '0', 'must be at least 1'],
    ['WORKER_WORKFLOW_POLLERS', '1', 'must be at least 2'],
  ] as const) {
    it(`rejects ${name}=${value}`, () => {
      assert.throws(
        () => workerConfig({ ...env, [name]: value }),
        (error) => error instanceof ConfigError && error.message.includes(name) && error.message.includes(problem),
      );
    });
  }
});
