import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { InvalidInputError, JourneyNotFoundError, Journeys, NoWorkerError } from '../../src/starter.js';
import { eventually } from '../support/eventually.js';
import { openStage, type Stage, until } from '../support/journeys.js';
import { ownNamespace, testServer } from '../support/temporal-server.js';
import { run } from './terminal-stand-in.js';

const occurredAt = '2016-01-05T00:00:00Z';

describe('the commands and functions, on a running journey,', () => {
  let stage: Stage;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    stage = await openStage();
    env = stage.env;
  });

  after(() => stage.close());

  it('correct a date, and print the state of the journey', async () => {
    await stage.journeys.leadCreated('corrected', { occurredAt });
    await until(stage, 'corrected', (view) => view.customerUuid !== undefined);

    const to = '2016-01-04T00:00:00Z';
    const said = await run(['correct', 'corrected', '--date', 'lead', '--to', to, '--note', 'typed wrong'], { env });

    assert.equal(said.exitCode, 0, said.stderr);
    assert.match(said.stdout, /^Corrected: corrected, lead 2016-01-04T00:00:00Z\.\nStage lead: /);
    assert.equal((await stage.journeys.view('corrected')).leadCreatedAt, to);
  });

  it('correct a date of a journey that has ended, say so, and close it with its record', async () => {
    await stage.journeys.leadCreated('ended', { occurredAt });
    await until(stage, 'ended', (view) => view.customerUuid !== undefined);
    await run(['close', 'ended', '--note', 'our own test'], { env });

    const closed = await run(['close', 'ended', '--note', 'again', '--delete-record'], { env });
    const told = await run(['correct', 'ended', '--date', 'lead', '--to', occurredAt, '--note', 'wrong'], { env });

    assert.equal(
      closed.stdout,
      "Closed: ended. The journey had ended. What it knew is not used any more.\nThe lead's record in ChartMogul is deleted.\n",
    );
    assert.equal(told.exitCode, 2);
    assert.match(told.stderr, /was closed/);
  });

  it("print the journey's reason for a refusal", async () => {
    await stage.journeys.leadCreated('refusing', { occurredAt });

    const args = ['correct', 'refusing', '--date', 'paid', '--to', occurredAt, '--note', 'x', '--json'];
    const { exitCode, stderr } = await run(args, { env });

    assert.equal(exitCode, 2);
    const { error } = JSON.parse(stderr);
    assert.equal(error.code, 'refused');
    assert.match(error.message, /was never reported, so there is nothing to correct/);
  });

  it('relink, hint and close', async () => {
    await stage.journeys.leadCreated('closed', { occurredAt });

    const relinked = await run(['relink', 'closed', '--customer', 'cus_9', '--note', 'x', '--json'], { env });
    const hinted = await run(['hint', 'closed'], { env });
    const closed = await run(['close', 'closed', '--note', 'our own test'], { env });
    const shown = await run(['show', 'closed'], { env });
    const again = await run(['hint', 'closed'], { env });

    assert.equal(JSON.parse(relinked.stdout).billingCustomerId, 'cus_9');
    assert.equal(hinted.stdout, 'Hint sent to closed.\n');
    // The record may not have been created yet.
    const remains =
      /^Closed: closed\. In stage lead\.\n(The lead record cus_\S+|Any record of the lead) remains .*--delete-record/;
    assert.match(closed.stdout, remains);
    assert.equal(closed.stderr, '');
    assert.match(shown.stdout, / {2}ended +closed.*\n {2}closed +our own test\n/);
    assert.equal(again.exitCode, 1);
    assert.match(again.stderr, /Lead closed has no journey in account .*, or none that is still running\./);
  });

  it('unmerge a lead, say what was put back and what comes next, and refuse what is not merged', async () => {
    const paidAt = '2016-02-25T00:00:00Z';
    stage.sandbox.ingest({ external_id: 'cus_u', trial_started_at: '2016-02-10T00:00:00Z', paid_at: paidAt });
    await stage.journeys.leadCreated('unmerged', { occurredAt });
    await stage.journeys.paymentSucceeded('unmerged', { occurredAt: paidAt, billingCustomerId: 'cus_u' });
    await stage.journeys.handle('unmerged').result();

    const said = await run(['unmerge', 'unmerged', '--note', 'a colleague paid'], { env });
    await until(stage, 'unmerged', ({ doing }) => doing.startsWith('waiting'));
    const shown = await run(['show', 'unmerged'], { env });
    const refused = await run(['unmerge', 'unmerged', '--note', 'again', '--json'], { env });
    const invalid = await run(['unmerge', 'unmerged'], { env });

    assert.equal(said.exitCode, 0, said.stderr);
    const lines = [
      'Unmerged: unmerged has a record of its own again and is separated from billing customer cus_u.',
      'Record cus_\\S+ has its dates from before: lead 2016-02-10T00:00:00Z, trial 2016-02-10T00:00:00Z.',
      'The journey had ended. It runs again.',
      "Stage lead: looking up the lead's record.",
      'Next: `link cus_u LEAD`, or `relink unmerged --customer ID`.',
    ];
    assert.match(said.stdout, new RegExp(`^${lines.join('\\n')}\\n$`));
    assert.match(shown.stdout, / {2}unmerged +\S+Z {2}\(a colleague paid\)\n/);
    assert.equal(refused.exitCode, 2);
    assert.match(JSON.parse(refused.stderr).error.message, /^it is not merged: .* Nothing was changed/);
    assert.equal(invalid.exitCode, 2);
    assert.match(invalid.stderr, /--note must say why/);
  });

  it('say that an unmerge goes on by itself', async () => {
    stage.sandbox.ingest({ external_id: 'cus_late', paid_at: occurredAt });
    await stage.journeys.leadCreated('late', { occurredAt });
    await stage.journeys.paymentSucceeded('late', { occurredAt, billingCustomerId: 'cus_late' });
    await stage.journeys.handle('late').result();
    stage.sandbox.fault({ route: 'POST /v1/customers/unmerges', status: 401 });

    const { exitCode, stdout } = await run(['unmerge', 'late', '--note', 'a colleague paid'], { env });
    await stage.journeys.retry('late');
    await until(stage, 'late', ({ unmerged }) => unmerged !== undefined);

    assert.equal(exitCode, 0);
    assert.match(
      stdout,
      /^Unmerging: late\. It is not finished yet, .* `customer-journey show late` shows when it is done\.\nStage \w+: unmerging: waiting to retry: unauthorized\.\n$/,
    );
  });

  it('list, count and retry the journeys that need attention, only in their own account', async () => {
    stage.sandbox.fault({ route: 'POST /v1/customers', status: 401, times: 3 });
    const leadIds = ['refused_1', 'refused_2', 'refused_3'];
    await Promise.all(leadIds.map((leadId) => stage.journeys.leadCreated(leadId, { occurredAt })));
    for (const leadId of leadIds) await until(stage, leadId, (view) => view.attention !== undefined);
    await untilListed(stage, leadIds.length);

    const listed = await run(['list', '--attention', 'unauthorized', '--json'], { env });
    const limited = await run(['list', '--attention', '--limit', '1'], { env });
    const elsewhere = await run(['list'], { env: { ...env, JOURNEY_ACCOUNT: `${stage.account}-2` } });
    const terminal = { env: { ...env, TEMPORAL_UI_URL: 'http://ui', NO_COLOR: '1' }, isTTY: true };
    const [link = ''] = /http:\/\/ui\S+/.exec((await run(['list', '--attention'], terminal)).stdout) ?? [];
    const { pathname, searchParams } = new URL(link);
    const { count: linked } = await stage.server.client.workflow.count(searchParams.get('query') ?? '');
    const questions: string[] = [];
    const declined = await run(['retry', '--attention', 'unauthorized'], { env, confirm: answer(false, questions) });
    const retried = await run(['retry', '--attention', 'unauthorized'], { env, confirm: answer(true, questions) });
    for (const leadId of leadIds) await until(stage, leadId, (view) => view.customerUuid !== undefined);

    assert.deepEqual(
      JSON.parse(listed.stdout)
        .map(({ leadId }: { leadId: string }) => leadId)
        .sort(),
      leadIds,
    );
    assert.match(limited.stdout, /^LEAD .*\nrefused_\d +lead +unauthorized +2016-01-05 .*\nand 2 more; see --limit\n$/);
    assert.equal(pathname, `/namespaces/${stage.server.namespace}/workflows`);
    assert.equal(linked, leadIds.length, link);
    assert.equal(elsewhere.stdout, 'No journeys.\n');
    assert.deepEqual(questions, Array(2).fill('Retry 3 journeys with attention unauthorized?'));
    assert.equal(declined.stdout, 'Nothing was retried.\n');
    assert.equal(retried.stdout, 'Retry sent to 3 journeys with attention unauthorized.\n');
  });

  it('say that all journeys have ended', async () => {
    const account = `${stage.account}-ended`;
    const ended = new Journeys({ client: stage.server.client, account });
    await ended.leadCreated('lead_1', { occurredAt });
    await ended.handle('lead_1').terminate();
    await eventually(async () => (await ended.count({ includeClosed: true })) - (await ended.count()) === 1);

    const { stdout } = await run(['list'], { env: { ...env, JOURNEY_ACCOUNT: account } });

    assert.equal(stdout, 'No running journeys; 1 ended (list --all).\n');
  });

  it('show no name and no e-mail address', async () => {
    const profile = { name: 'Adam Smith', email: 'adam@smith.example' };
    await stage.journeys.leadCreated('adam', { occurredAt, profile });

    const { stdout } = await run(['show', 'adam', '--json'], { env });

    assert.doesNotMatch(stdout, /Smith|smith/);
  });

  it('report an unknown lead', async () => {
    const { exitCode, stderr } = await run(['show', 'unknown'], { env });

    assert.equal(exitCode, 1);
    assert.match(stderr, /Lead unknown has no journey/);
    await assert.rejects(stage.journeys.view('unknown'), JourneyNotFoundError);
  });
});

describe('the application functions', () => {
  it('reject invalid input with every problem, before anything is sent', async () => {
    const { client } = await testServer();
    const account = `test-${randomUUID().slice(0, 8)}`;
    const journeys = new Journeys({ client, account });

    await assert.rejects(
      journeys.leadCreated('adam@smith.example', { occurredAt: '2016-01-05' }),
      (error) => error instanceof InvalidInputError && error.problems.length === 2,
    );
    await assert.rejects(journeys.close('lead_1', { note: '' }), InvalidInputError);
    await assert.rejects(journeys.retry(''), InvalidInputError);
    assert.equal(await journeys.count({ includeClosed: true }), 0);
  });

  it('distinguish a missing worker from an unavailable Temporal', async () => {
    const { client } = await ownNamespace();
    const account = `test-${randomUUID().slice(0, 8)}`;
    const journeys = new Journeys({ client, account, timeout: '1 second' });
    await journeys.leadCreated('lead_1', { occurredAt });

    await Promise.all([
      assert.rejects(journeys.view('lead_1'), NoWorkerError),
      assert.rejects(journeys.close('lead_1', { note: 'a test' }), NoWorkerError),
    ]);
    assert.equal((await journeys.summary('lead_1')).stage, 'lead');
    await journeys.handle('lead_1').terminate();
  });
});

function answer(yes: boolean, questions: string[]) {
  return async (question: string) => {
    questions.push(question);
    return yes;
  };
}

/** Waits for Temporal's search index, which lags slightly. */
async function untilListed(stage: Stage, count: number): Promise<void> {
  await eventually(async () => (await stage.journeys.count({ attention: true })) >= count);
}
