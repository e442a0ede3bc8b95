import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type Environment, endProcesses, startProgram, temporalEnvironment } from './processes.js';

describe('standard output on a full disk', () => {
  let env: Environment;
  before(async () => {
    env = { ...(await temporalEnvironment(`full-disk-${randomUUID().slice(0, 8)}`)), CHARTMOGUL_API_KEY: 'key' };
  });
  afterEach(endProcesses);

  const onFullDisk = 'exec "$0" --import tsx src/starter.ts "$@" > /dev/full';
  const reason = 'ENOSPC: no space left on device, write';
  const said = `The output cannot be written: ${reason}. What the command was to change may be changed already.`;
  const json = JSON.stringify({ error: { code: 'failed', message: said } });
  const rows: readonly (readonly [args: readonly string[], stderr: string])[] = [
    [['--help'], said],
    [['lead', 'lead_1', '--at', '2016-01-05T00:00:00Z'], said],
    [['status'], said],
    [['list', '--json'], json],
    [['doctor', '--json'], json],
    [['worker'], `The log cannot be written: ${reason}.`],
  ];
  for (const [args, stderr] of rows) {
    it(`ends ${args.join(' ')} with one line, and not with 0`, async () => {
      const ended = await startProgram('sh', ['-c', onFullDisk, process.execPath, ...args], env).ended;

      // The doctor shows its progress before.
      assert.deepEqual([ended.exitCode, ended.stderr.split('\n').slice(-2)], [1, [stderr, '']], ended.stderr);
      assert.doesNotMatch(ended.stderr, /^ +at /m);
    });
  }

  it('is not the reason if the reader has closed the pipe', async () => {
    const closed = 'trap "" PIPE; "$0" --import tsx src/starter.ts --help | head -1';

    const ended = await startProgram('sh', ['-c', closed, process.execPath], env).ended;

    assert.deepEqual([ended.stdout, ended.stderr], ['Usage: customer-journey [options] [command]\n', '']);
  });
});
