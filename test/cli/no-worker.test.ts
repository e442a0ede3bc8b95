import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { openStage, type Stage, until } from '../support/journeys.js';
import { run } from './terminal-stand-in.js';

const occurredAt = '2016-01-05T00:00:00Z';

describe('an account without a worker', () => {
  let stage: Stage;
  let env: NodeJS.ProcessEnv;
  let queue: string;

  before(async () => {
    stage = await openStage({ namespace: 'own' });
    const account = `${stage.account}-2`;
    env = { ...stage.server.env, JOURNEY_ACCOUNT: account };
    queue = `chartmogul/${account}`;
    for (const lead of ['lead_1', 'lead_2']) {
      assert.equal((await run(['lead', lead, '--at', occurredAt], { env })).exitCode, 0);
    }
    await eventually(async () => (await shown()).pending !== undefined);
  });

  after(() => stage.close());

  it('is named by `show`, with the command that starts one', async () => {
    const { pending } = await shown();
    const { stdout } = await run(['show', 'lead_1'], { env });

    assert.deepEqual([pending.isPolled, pending.isRunning, pending.taskQueue], [false, false, queue]);
    const command = `JOURNEY_ACCOUNT=${stage.account}-2 customer-journey worker`;
    assert.ok(stdout.includes(`\n  worker      no worker polls ${queue}: start one with \`${command}\`\n`), stdout);
  });

  it('is named by `list --attention`, with the number of journeys that wait', async () => {
    // The server counts the tasks of a queue every few seconds.
    const { stdout, document } = await eventually(async () => {
      const found = JSON.parse((await run(['list', '--attention', '--json'], { env })).stdout);
      if (found.unpolledQueues[0]?.waiting !== 2) return undefined;
      return { stdout: (await run(['list', '--attention'], { env })).stdout, document: found };
    });

    assert.deepEqual(document.unpolledQueues, [{ taskQueue: queue, holds: 'requests', waiting: 2 }]);
    assert.deepEqual(document.journeys, []);
    const line = `no worker polls ${queue} and 2 journeys of account ${stage.account}-2 wait; start one with `;
    assert.ok(stdout.includes(line), stdout);
  });

  it('is not confused with one whose worker runs', async () => {
    const other = { ...env, JOURNEY_ACCOUNT: stage.account };

    const { stdout } = await run(['list', '--attention', '--json'], { env: other });

    assert.deepEqual(JSON.parse(stdout).unpolledQueues, []);
  });

  it('is seen at once after its last worker has stopped', async () => {
    const own = { ...env, JOURNEY_ACCOUNT: stage.account };
    stage.worker.stop();
    await stage.worker.ended;

    const { stdout } = await run(['list', '--attention', '--json'], { env: own });
    const silent = await run(['show', 'lead_1'], { env });

    const names = JSON.parse(stdout).unpolledQueues.map(({ taskQueue }: { taskQueue: string }) => taskQueue);
    assert.deepEqual(names, ['customer-journey', `chartmogul/${stage.account}`]);
    assert.match(silent.stdout, /No worker answers: none polls customer-journey\. Start one with `JOURNEY_ACCOUNT=/);
  });

  it('still gets a correction when its worker starts, as the error says', async () => {
    const own = { ...env, JOURNEY_ACCOUNT: stage.account };
    await stage.journeys.leadCreated('lead_3', { occurredAt });
    const to = '2016-01-04T00:00:00Z';

    const { exitCode, stderr } = await run(['correct', 'lead_3', '--date', 'lead', '--to', to, '--note', 'x'], {
      env: own,
    });
    await stage.worker.resumeJourneys();
    const view = await until(stage, 'lead_3', ({ leadCreatedAt }) => leadCreatedAt === to);

    assert.equal(exitCode, 75);
    assert.match(stderr, /^No worker answers; the request may still be applied when one does\. Start one with/);
    assert.match(stderr, /and check with `customer-journey show LEAD` before you repeat it\.\n$/);
    assert.equal(view.corrections.leadCreatedAt?.note, 'x');
  });

  async function shown() {
    return JSON.parse((await run(['show', 'lead_1', '--json'], { env })).stdout);
  }
});
