import assert from 'node:assert/strict';
import { RecentCount } from '../../src/worker/recent-count.js';

describe('a count of the last seconds', () => {
  it('forgets what is older, and starts a slot again', () => {
    let nowMs = 1_000_000;
    const recent = new RecentCount(60, () => nowMs);
    const counts: number[] = [];
    const wait = (ms: number, times: number) => {
      nowMs += ms;
      for (let time = 0; time < times; time += 1) recent.add();
      counts.push(recent.count());
    };

    wait(0, 2);
    wait(59_000, 1);
    wait(1_000, 4);
    wait(200_000, 0);

    assert.deepEqual(counts, [2, 3, 5, 0]);
  });
});
