import assert from 'node:assert/strict';
import { apiKey } from '../../packages/chartmogul-sandbox/src/index.js';
import { endProcesses, start } from '../e2e/processes.js';
import { testServer } from '../support/temporal-server.js';
import { withSilentServer } from './silent.js';

describe('customer-journey doctor as a process', () => {
  afterEach(endProcesses);

  it('ends with 130 on Ctrl-C, also while ChartMogul does not answer', async () => {
    const { TEMPORAL_ADDRESS = '' } = (await testServer()).env;
    await withSilentServer(async (url) => {
      const env = { CHARTMOGUL_API_KEY: apiKey, TEMPORAL_ADDRESS, CHARTMOGUL_URL: url };
      const doctor = await start('src/starter.ts', ['doctor'], env);
      await doctor.said('Checking'); // it shows its progress after two seconds
      doctor.process.kill('SIGINT');
      const { exitCode, stdout } = await doctor.ended;

      assert.deepEqual([exitCode, stdout], [130, '']);
    });
  });
});
