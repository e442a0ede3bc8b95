import assert from 'node:assert/strict';
import { RequestPace } from '../../src/chartmogul/request-pace.js';

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
});
