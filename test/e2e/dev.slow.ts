import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { testServer } from '../support/temporal-server.js';
import { idsAndDates, npmStart, recordsIn } from './npm-start.js';
import { customerJourney, endProcesses, type Running } from './processes.js';

describe('npm start, and what it leaves', () => {
  let data: string;
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'npm-start-'));
  });
  afterEach(async () => {
    await endProcesses();
    await rm(data, { recursive: true, force: true });
  });

  it('proves the lead Adam Smith; started again with the same data, writes nothing and runs until Ctrl-C', async () => {
    const first = await npmStart(data, ['--exit']).ended;

    assert.equal(first.exitCode, 0, first.stdout + first.stderr);
    assert.match(first.stdout, /\+ 3 min .* 200 found/);
    assert.match(first.stdout, /sales cycle +none +15 days, wrong +51 days/);
    const records = await recordsIn(data);
    assert.deepEqual(records.map(idsAndDates), [
      {
        ids: ['cus_0001', 'cus_9TSLDKbqG2iKgK'],
        lead: '2016-01-05T00:00:00.000Z',
        trial: '2016-02-10T05:15:10.000Z',
      },
    ]);

    const up = npmStart(data, []);
    await up.said('stays up until Ctrl-C');
    assert.match(up.output(), /Nothing had to be written/);
    assert.doesNotMatch(up.output(), /PATCH|\b20[12] /);
    assert.match(up.output(), /all journeys +http:\S+\/namespaces\/default\/workflows\?query=WorkflowType/);

    const [, settings = '', args = ''] = /is all well\? +(.*)npm run starter -- (.*)/.exec(up.output()) ?? [];
    const doctor = await customerJourney(
      [...args.split(' '), '--json'],
      Object.fromEntries(
        settings
          .trim()
          .split(' ')
          .map((setting) => setting.split('=')),
      ),
    );

    assert.equal(doctor.exitCode, 0, doctor.stdout + doctor.stderr);
    const { findings } = JSON.parse(doctor.stdout);
    assert.deepEqual(
      findings.filter(({ level }: { level: string }) => level !== 'ok').map(({ check }: { check: string }) => check),
      ['stripe.endpoint', 'gateway.keys'],
      'skips only what is not there: a Stripe account, and keys of the gateway',
    );

    // Its data is locked.
    const other = await npmStart(data, ['--exit']).ended;

    assert.equal(other.exitCode, 1);
    assert.match(other.stderr, /temporal\.db is in use by the Temporal server at 127\.0\.0\.1:\d+/);
    assert.doesNotMatch(other.stderr, /^\s+at /m, 'no stack trace');

    const server = await serverOf(data);
    assert.notDeepEqual(await processesOf(data, server), [], 'finds the running processes');
    pressCtrlC(up);
    const { exitCode } = await up.ended;

    assert.equal(exitCode, 0);
    assert.deepEqual(await processesOf(data, server), [], 'leaves no process behind');
    assert.deepEqual(await recordsIn(data), records);
  });

  it('uses the Temporal server of TEMPORAL_ADDRESS, with the account demo', async () => {
    const { env, client } = await testServer();

    const { exitCode, stdout, stderr } = await npmStart(data, ['--exit'], env).ended;

    assert.equal(exitCode, 0, stdout + stderr);
    const { status } = await client.workflow.getHandle('journey/demo/cus_0001').describe();
    assert.equal(status.name, 'COMPLETED');
    await assert.rejects(serverOf(data), { code: 'ENOENT' }, 'starts no server');
  });

  it('exits with one line if the Temporal server of TEMPORAL_ADDRESS cannot be reached', async () => {
    const { exitCode, stderr } = await npmStart(data, ['--exit'], { TEMPORAL_ADDRESS: '127.0.0.1:1' }).ended;

    assert.equal(exitCode, 1);
    assert.match(stderr, /^Temporal cannot be reached at 127\.0\.0\.1:1 .*$/m);
    assert.doesNotMatch(stderr, /^\s+at /m, 'no stack trace');
  });
});

/** A terminal sends the signal to the whole foreground process group: npm and Node.js. */
function pressCtrlC({ process: { pid } }: Running): void {
  assert.ok(pid);
  process.kill(-pid, 'SIGINT');
}

async function serverOf(data: string): Promise<string> {
  const [pid = ''] = (await readFile(join(data, 'temporal.db.server'), 'utf8')).split(' ');
  return pid;
}

/** The processes with the folder in their arguments, and the watchdog, which has the server's process id. */
async function processesOf(data: string, server: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'args']);
  return stdout.split('\n').filter((line) => line.includes(data) || line.endsWith(`kill -KILL "$0" ${server}`));
}
