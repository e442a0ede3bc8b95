import assert from 'node:assert/strict';
import { failureOf } from '../../src/runtime/exit-codes.js';
import { type Environment, endProcesses, type Running, start } from '../e2e/processes.js';
import { eventually } from '../support/eventually.js';
import { Probed } from './probing.js';

/** A merge that does not end while a test runs. */
const endless = { mergeDelayMs: 3_600_000 } as const;

describe('the clean-up of a probe', () => {
  const test = new Probed();
  afterEach(endProcesses);

  const run = (...args: string[]): Promise<Running> => start('src/starter.ts', ['probe', ...args], env());
  const env = (): Environment => ({ CHARTMOGUL_API_KEY: 'sandbox-key', CHARTMOGUL_URL: test.sandbox.url });
  const isMerging = () => eventually(() => test.sandbox.requests().some(({ path }) => path.endsWith('/merges')));

  const routes = [
    'POST /v1/data_sources',
    'POST /v1/customers',
    'PATCH /v1/customers/:uuid',
    'POST /v1/customers/merges',
    'POST /v1/customers/unmerges',
  ];
  for (const route of routes) {
    for (const skip of [0, 1]) {
      it(`follows if ${route} is refused, call ${skip + 1}`, async () => {
        await test.start();
        const before = await test.account();
        test.sandbox.fault({ route, status: 402, skip, times: 1_000 });
        const found = await test.probe().run();
        const isAsked = route !== 'POST /v1/customers/unmerges' || skip === 0;
        assert.ok(found.unanswered.length > 0 || !isAsked);
        assert.equal(found.leftBehind, undefined);
        assert.deepEqual(await test.account(), before);
        test.assertWritesOnlyItsOwn(before);
      });
    }
  }

  it('follows if a merge is not done in time, with what was seen before', async () => {
    await test.start(endless);
    const before = await test.account();
    const found = await test.probe({ longestWaitMs: 1 }).run();
    assert.match(failureOf(found.stoppedBy).message, /did not finish the merge/);
    assert.ok(found.answers.length > 5);
    assert.deepEqual(await test.account(), before);
  });

  it('says what is left if it fails, and a later probe removes it', async () => {
    await test.start();
    const before = await test.account();
    test.sandbox.fault({ route: 'DELETE /v1/data_sources/:uuid', status: 402 });
    const { leftBehind } = await test.probe().run();
    assert.match(failureOf(leftBehind).message, /refused to delete/);
    assert.notDeepEqual(await test.account(), before);
    await test.probe().remove(await test.probe().leftovers());
    assert.deepEqual(await test.account(), before);
  });

  it('follows a Ctrl-C while it waits for a merge', async () => {
    await test.start(endless);
    const before = await test.account();
    const process = await run('--i-know', '--rate', '20');
    await isMerging();
    process.process.kill('SIGINT');
    const { exitCode, stdout, stderr } = await process.ended;
    assert.equal(exitCode, 130, stderr);
    assert.match(stderr, /Stopped\. Clean-up/);
    assert.match(stdout, /nullDates/);
    assert.deepEqual(await test.account(), before);
    test.assertWritesOnlyItsOwn(before);
  });

  it('is done by a later probe if the process was killed', async () => {
    await test.start(endless);
    const before = await test.account();
    const killed = await run('--i-know', '--rate', '20');
    await isMerging();
    killed.process.kill('SIGKILL');
    await killed.ended;
    assert.equal((await test.sourceNames()).filter((name) => name.startsWith('customer-journey probe')).length, 3);

    const refused = await (await run('--i-know')).ended;
    assert.equal(refused.exitCode, 2);
    assert.match(refused.stderr, /left 2 data sources, or another one runs now.*--clean-up/s);

    const cleaned = await (await run('--i-know', '--clean-up', '--rate', '20')).ended;
    assert.equal(cleaned.exitCode, 0, cleaned.stderr);
    assert.match(
      cleaned.stdout,
      /^Removed: customer-journey probe \w{8} leads, customer-journey probe \w{8} billing\./,
    );
    assert.deepEqual(await test.account(), before);
    test.assertWritesOnlyItsOwn(before);
  });

  it('leaves a source in which somebody else has a customer, and one merged with a customer of others', async () => {
    await test.start();
    const leftovers = async (kind: string) => {
      test.sandbox.fault({ route: 'POST /v1/customers/merges', status: 402 });
      test.sandbox.fault({ route: 'DELETE /v1/customers/:uuid', status: 402 });
      await test.probe().run();
      const sources = [...(await test.probe().leftovers()).values()].flat();
      const source = sources.find(({ name }) => name.endsWith(kind));
      assert.ok(source);
      return source;
    };
    const foreign = await test.addCustomer((await leftovers('leads')).uuid, 'lead_2');
    const before = await test.account();
    await assert.rejects(test.probe().remove(await test.probe().leftovers()), new RegExp(foreign.uuid));
    assert.deepEqual(await test.account(), before);

    await test.start();
    const source = await leftovers('billing');
    const [payer] = test.sandbox.customers().filter(({ data_source_uuid }) => data_source_uuid === source.uuid);
    const [other] = test.sandbox.customers().filter(({ external_id }) => external_id === 'lead_1');
    await test.merge(String(payer?.uuid), String(other?.uuid));
    await eventually(() => test.sandbox.customers().some(({ merged_uuids }) => (merged_uuids as string[]).length > 0));
    const merged = await test.account();
    await assert.rejects(test.probe().remove(await test.probe().leftovers()), new RegExp(String(other?.uuid)));
    assert.deepEqual(await test.account(), merged);
  });

  it('waits for the running request, so that it knows what exists', async () => {
    await test.start({ latencyMs: 20 });
    const before = await test.account();
    const stop = new AbortController();
    const running = test.probe({ signal: stop.signal }).run();
    await eventually(() => test.sandbox.requests().some(({ path, method }) => method === 'POST' && path.endsWith('s')));
    stop.abort();
    const { leftBehind, stoppedBy } = await running;
    assert.equal(leftBehind, undefined);
    assert.ok(stoppedBy);
    assert.deepEqual(await test.account(), before);
  });
});
