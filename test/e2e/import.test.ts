import assert from 'node:assert/strict';
import { endProcesses, start } from './processes.js';

describe('an application that imports the package', () => {
  after(endProcesses);

  it('loads neither the command line nor the native worker core, and starts no command', async () => {
    const { exitCode, stdout, stderr } = await (await start('test/e2e/fixtures/application.ts', ['lead'], {})).ended;

    assert.equal(exitCode, 0, stderr);
    assert.equal(stderr, '');
    const { functions, packages } = JSON.parse(stdout);
    assert.ok(functions.includes('connectJourneys') && functions.includes('Journeys'));
    assert.ok(packages.includes('@temporalio/client'), 'the list of packages must not be empty');
    for (const unwanted of ['@temporalio/worker', '@temporalio/core-bridge', 'commander', 'fastify', 'pino']) {
      assert.ok(!packages.includes(unwanted), `${unwanted} is loaded`);
    }
  });
});
