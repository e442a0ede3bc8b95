import assert from 'node:assert/strict';
import { RequestPace } from '../../src/chartmogul/request-pace.js';
import { eventually } from '../support/eventually.js';
import { onStage, until } from '../support/journeys.js';

async function seconds(pace: RequestPace, turns: number): Promise<number> {
  const begun = performance.now();
  await Promise.all(Array.from({ length: turns }, () => pace.turn()));
  return (performance.now() - begun) / 1000;
}

// A busy machine takes longer, never less.
describe('the pace of requests', () => {
  it('begins at once, and spaces what follows', async () => {
    assert.ok((await seconds(new RequestPace(100), 21)) >= 0.19);
  });

  it('is divided among the workers of the account, but never below two a second', async () => {
    const shared = new RequestPace(100);
    shared.share(2);
    const crowded = new RequestPace(10);
    crowded.share(50);

    assert.ok((await seconds(shared, 11)) >= 0.19);
    assert.ok((await seconds(crowded, 2)) >= 0.49);
    shared.share(0);
    assert.ok((await seconds(shared, 1)) < 60);
  });

  it('lets the most urgent go first', async () => {
    const priorities = [5, 5, 1, 3, 5];
    const pace = new RequestPace(100, () => priorities.shift() ?? 0);
    const begun: string[] = [];
    await Promise.all(
      ['first', 'bulk', 'live', 'usual', 'last'].map(async (name) => {
        await pace.turn();
        begun.push(name);
      }),
    );

    assert.deepEqual(begun, ['first', 'live', 'usual', 'bulk', 'last']);
  });

  it('ends with the signal of a caller that waits, and gives its reason', async () => {
    const pace = new RequestPace(0.001);
    const aborting = new AbortController();
    await pace.turn();
    const waiting = pace.turn(aborting.signal);
    aborting.abort(new Error('the worker stops'));

    await assert.rejects(waiting, /the worker stops/);
  });

  it(
    'holds for all requests of a worker: a write that looks first makes two',
    onStage({ worker: { requestsPerSecond: 10 } }, async (stage) => {
      const leads = Array.from({ length: 6 }, (_, index) => `lead_${index}`);
      for (const lead of leads) {
        await stage.journeys.leadCreated(lead, { occurredAt: '2016-01-05T00:00:00Z' });
        await until(stage, lead, ({ leadCreatedAt }) => leadCreatedAt !== undefined);
      }
      await eventually(() => stage.requests().length >= leads.length);
      const before = stage.sandbox.requests().length;
      await Promise.all(leads.map((lead) => stage.journeys.trialStarted(lead, { occurredAt: '2016-02-01T00:00:00Z' })));
      await eventually(() => stage.requests().filter((request) => request.startsWith('PATCH')).length >= leads.length);

      const times = stage.sandbox
        .requests()
        .slice(before)
        .map(({ at }) => Date.parse(at));
      const took = (times.at(-1) ?? 0) - (times[0] ?? 0);
      assert.ok(times.length >= leads.length);
      // Each interval is 100 ms; the first or the last request may reach the sandbox late.
      assert.ok(took >= (times.length - 1) * 100 - 300, `${times.length} requests in ${took} ms`);
    }),
  );
});
