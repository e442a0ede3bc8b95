import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../cli/terminal-stand-in.js';
import { Probed } from '../probe/probing.js';
import { onStage } from '../support/journeys.js';
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

describe('a file on a full disk', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'full-disk-'));
  });
  afterEach(async () => {
    await endProcesses();
    await rm(folder, { recursive: true, force: true });
  });

  // The limit for the size of files stands in for the size of the disk.
  const withoutRoom = 'trap "" XFSZ; ulimit -f 0; exec "$0" --import tsx src/starter.ts "$@"';
  const reason = 'EFBIG: file too large, write';
  const onFullDisk = (args: readonly string[], env: Environment) =>
    startProgram('sh', ['-c', withoutRoom, process.execPath, ...args], env).ended;

  it('ends an import before it starts anything', async () => {
    const file = join(folder, 'leads.csv');
    await writeFile(file, 'lead_id,lead_created_at\nlead_1,no date\nlead_2,2016-01-05T00:00:00Z\n');

    const { exitCode, stderr } = await onFullDisk(['import', file, '--yes', '--skip-bad'], {});

    const copy = join(folder, 'leads.rejects.csv.part');
    const advice = 'It is the copy of the invalid lines. Nothing was started.';
    assert.deepEqual([exitCode, stderr], [1, `${copy} cannot be written: ${reason}. ${advice}\n`]);
    assert.deepEqual(await readdir(folder), ['leads.csv']);
  });

  it(
    'does not lose the differences of an audit',
    onStage({}, async ({ env }) => {
      const out = join(folder, 'differences.csv');

      const { exitCode, stderr } = await onFullDisk(['audit', '--out', out], env);

      const again = `customer-journey audit --last --out ${out}`;
      const advice = `The audit has ended; write its differences with \`${again}\`.`;
      assert.deepEqual([exitCode, stderr], [1, `${out} cannot be written: ${reason}. ${advice}\n`]);
      assert.deepEqual(await readdir(folder), []);
    }),
  );

  const account = new Probed();

  it('does not lose the answers of a probe', async () => {
    await account.start();
    const env = { CHARTMOGUL_API_KEY: 'sandbox-key', CHARTMOGUL_URL: account.sandbox.url };

    const { exitCode, stdout, stderr } = await run(['probe', '--i-know', '--rate', '20', '--out', '/dev/full'], {
      env,
    });

    assert.equal(exitCode, 1);
    assert.match(stderr, /\/dev\/full cannot be written: ENOSPC: .* Standard output has the answers\.\n$/);
    assert.match(stdout, /To send to us in an issue \(facts only\):\n\{.*"isComplete":true/);
  });
});
