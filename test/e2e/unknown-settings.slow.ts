import assert from 'node:assert/strict';
import { endProcesses, start } from './processes.js';

describe('a setting whose name is misspelt', () => {
  afterEach(endProcesses);

  const env = { CHARTMOGUL_API_KEY: 'key', CHARTMOGUL_LEAD_SOURCE: 'secret', TEMPORAL_ADDRESS: '127.0.0.1:1' };
  for (const args of [['worker'], ['gateway', '--insecure-local']]) {
    it(`is named by the ${args[0]} when it starts, without its value`, async () => {
      const program = await start('src/starter.ts', args, env);
      await program.said('is not a setting');

      const [warning = ''] = program.output().split('\n');
      const { level, msg } = JSON.parse(warning);
      const text = 'CHARTMOGUL_LEAD_SOURCE is not a setting, so it is ignored; rename it to LEADS_SOURCE';
      assert.deepEqual([level, msg], [40, text]);
      assert.ok(!program.output().includes('secret'));
    });
  }
});
