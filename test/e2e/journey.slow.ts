import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apiKey, type Sandbox, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { atOnce } from '../support/journeys.js';
import { stopJourneyWorkers } from '../support/workers.js';
import { customerJourney, type Environment, endProcesses, start, temporalEnvironment } from './processes.js';

describe('the command line and a worker, as processes', () => {
  let sandbox: Sandbox;
  let env: Environment;

  before(async () => {
    await stopJourneyWorkers();
    sandbox = await startSandbox(atOnce);
    env = await temporalEnvironment(`e2e-${randomUUID().slice(0, 8)}`);
  });

  afterEach(endProcesses);
  after(() => sandbox.close());

  it('process a lead from its creation to one proven record with the true dates', async () => {
    const worker = await start('src/starter.ts', ['worker'], {
      ...env,
      CHARTMOGUL_API_KEY: apiKey,
      CHARTMOGUL_URL: sandbox.url,
    });
    sandbox.ingest({ external_id: 'cus_1', trial_started_at: '2016-02-10T05:15:10Z', paid_at: '2016-02-25T00:00:00Z' });
    await worker.said('worker started');

    const profile = ['--name', 'Adam Smith', '--email', 'adam@smith.example', '--json'];
    const lead = await customerJourney(['lead', 'lead_1', '--at', '2016-01-05T00:00:00Z', ...profile], env);
    const trial = await customerJourney(['trial', 'lead_1', '--at', '2016-02-10T06:15:10+01:00'], env);
    const paid = await customerJourney(
      ['paid', 'lead_1', '--at', '2016-02-25T00:00:00Z', '--customer', 'cus_1', '--json'],
      env,
    );
    const shown = await untilShown(env, 'lead_1', (journey) => journey.view.stage === 'proven');
    const page = await customerJourney(['show', 'lead_1'], env);
    worker.process.kill('SIGTERM');
    const stopped = await worker.ended;

    assert.deepEqual([lead.exitCode, trial.exitCode, paid.exitCode, page.exitCode], [0, 0, 0, 0]);
    assert.equal(JSON.parse(lead.stdout).runId, JSON.parse(paid.stdout).runId, 'one journey receives all reports');
    assert.match(trial.stdout, /^Accepted: lead_1, trial started/);
    assert.equal(shown.status, 'COMPLETED');
    assert.equal(shown.source, 'result');
    const records = sandbox.customers().map(({ external_ids, lead_created_at, free_trial_started_at }) => ({
      ids: String(external_ids).split(',').sort(),
      dates: [lead_created_at, free_trial_started_at].map((date) => String(date).slice(0, 19)),
    }));
    assert.deepEqual(records, [{ ids: ['cus_1', 'lead_1'], dates: ['2016-01-05T00:00:00', '2016-02-10T05:15:10'] }]);

    assert.match(page.stdout, /stage +proven/);
    assert.match(page.stdout, /Web UI +http:\/\/localhost:\d+\/namespaces\/test-[0-9a-f]+\/workflows\/journey%2Fe2e-/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the test searches for control characters
    assert.doesNotMatch(page.stdout + page.stderr, /\u001b/, 'no colors without a terminal');
    assert.doesNotMatch(page.stdout, /Adam|adam@/, 'no names or e-mail addresses by default');

    assert.equal(stopped.exitCode, 0);
    assert.match(stopped.stdout, /worker stopped/);
    for (const { stdout, stderr } of [lead, trial, paid, page, stopped]) {
      assert.ok(!`${stdout}${stderr}`.includes(apiKey), 'no output contains the API key');
    }
  });

  it("show a journey from Temporal's records if no worker responds", async () => {
    const taken = await customerJourney(['lead', 'lead_2', '--at', '2016-01-05T00:00:00Z'], env);
    const [page, document] = await Promise.all([
      customerJourney(['show', 'lead_2'], env),
      customerJourney(['show', 'lead_2', '--json'], env),
    ]);

    assert.equal(taken.exitCode, 0, 'a report does not need a worker');
    assert.equal(page.exitCode, 0);
    assert.match(page.stdout, /No worker answers.*Shown from Temporal's records\./);
    assert.match(page.stdout, /lead +2016-01-05T00:00:00Z/);
    const { source, view } = JSON.parse(document.stdout);
    assert.deepEqual([source, view.stage, view.leadCreatedAt], ['records', 'lead', '2016-01-05T00:00:00Z']);
  });

  it('start through the symbolic link that npm adds to the PATH', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'customer-journey-'));
    const link = join(folder, 'customer-journey');
    await symlink(fileURLToPath(new URL('../../src/starter.ts', import.meta.url)), link);

    const { exitCode, stdout } = await (await start(link, ['--version'], {})).ended;
    await rm(folder, { recursive: true });

    assert.equal(exitCode, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  });
});

interface Shown {
  readonly status: string;
  readonly source: string;
  readonly view: { readonly stage?: string };
}

/** Repeats the `show` command until the journey is in the expected state. */
async function untilShown(env: Environment, leadId: string, isExpected: (journey: Shown) => boolean): Promise<Shown> {
  for (let attempt = 1; ; attempt += 1) {
    const { stdout, stderr } = await customerJourney(['show', leadId, '--json'], env);
    const journey = stdout ? JSON.parse(stdout) : undefined;
    if (journey && isExpected(journey)) return journey;
    assert.ok(attempt < 20, `not in the expected state: ${stdout}${stderr}`);
  }
}
