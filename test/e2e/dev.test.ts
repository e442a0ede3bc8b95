import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { idsAndDates, npmStart, recordsIn } from './npm-start.js';
import { endProcesses } from './processes.js';

describe('npm start', () => {
  let data: string;
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'npm-start-'));
  });
  afterEach(async () => {
    await endProcesses();
    await rm(data, { recursive: true, force: true });
  });

  it('proves the lead Adam Smith, and ends with --exit', async () => {
    const { exitCode, stdout, stderr } = await npmStart(data, ['--exit']).ended;

    assert.equal(exitCode, 0, stdout + stderr);
    assert.match(stdout, /\+ 3 min .* 200 found/);
    assert.match(stdout, /sales cycle +none +15 days, wrong +51 days/);
    const records = await recordsIn(data);
    assert.deepEqual(records.map(idsAndDates), [
      {
        ids: ['cus_0001', 'cus_9TSLDKbqG2iKgK'],
        lead: '2016-01-05T00:00:00.000Z',
        trial: '2016-02-10T05:15:10.000Z',
      },
    ]);
  });
});
