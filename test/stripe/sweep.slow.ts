import assert from 'node:assert/strict';
import { endProcesses, start } from '../e2e/processes.js';
import { eventsOfPeople, factsFrom, Sweeps } from './sweeping.js';

describe('a process that sweeps Stripe', () => {
  let sweeps: Sweeps;
  beforeEach(async () => {
    sweeps = await Sweeps.open();
  });
  afterEach(async () => {
    await endProcesses();
    await sweeps.close();
  });

  it('that is killed and run again has the same end', async () => {
    sweeps.stripe.events.push(...eventsOfPeople(40));
    const expected = factsFrom(sweeps.stripe.events);
    const held = sweeps.stripe.holdAfter(27);
    const killed = await start('src/starter.ts', ['stripe', 'sweep'], sweeps.env);
    await held;
    killed.process.kill('SIGKILL');
    assert.equal((await killed.ended).signal, 'SIGKILL');
    const before = [...(await sweeps.knownOf(expected.keys())).values()].filter((facts) => facts !== undefined).length;
    sweeps.stripe.release();

    const again = await (await start('src/starter.ts', ['stripe', 'sweep', '--json'], sweeps.env)).ended;

    assert.equal(again.exitCode, 0, again.stderr);
    assert.ok(before > 0 && before < expected.size, `${before} customers were known when it was killed`);
    assert.deepEqual(await sweeps.knownOf(expected.keys()), expected);
    const reports = await sweeps.allReports(expected.keys());
    assert.equal(new Set(reports).size, reports.length, 'no report came twice');
    assert.equal((await sweeps.sweep()).missing.length, 0);
  });

  it('that is stopped with Ctrl-C ends with 130, also while Stripe does not answer', async () => {
    const held = sweeps.stripe.holdAfter(3);
    const stopped = await start('src/starter.ts', ['stripe', 'sweep'], sweeps.env);
    await held;
    stopped.process.kill('SIGINT');

    const { exitCode, stderr } = await stopped.ended;

    assert.equal(exitCode, 130);
    assert.equal(stderr, 'Stopped. To continue, run the same command again: what is reported is known by then.\n');
  });
});
