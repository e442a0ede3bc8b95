import assert from 'node:assert/strict';
import { alternate, percentile, ratioOf, spreadOf } from '../../tools/bench/harness/alternating.js';

describe('benchmark figures', () => {
  it('measures each variant once per round, in rotating order', async () => {
    const order: string[] = [];
    const variant = (name: string) => async () => order.push(name);

    await alternate({ rounds: 2, variants: { a: variant('a'), b: variant('b'), c: variant('c') } });

    assert.equal(order.join(' '), 'a b c b c a c a b');
  });

  it('discards warm-up rounds', async () => {
    let count = 0;
    const next = async () => {
      count += 1;
      return count;
    };

    assert.deepEqual(await alternate({ rounds: 3, warmUps: 2, variants: { next } }), { next: [3, 4, 5] });
  });

  it('computes the ratio within each round', () => {
    assert.deepEqual(ratioOf([1, 4, 9], [2, 4, 3]), { min: 0.5, median: 1, max: 3, runs: 3 });
  });

  it('interpolates the median and percentiles', () => {
    assert.deepEqual(spreadOf([3, 1, 2, 10]), { min: 1, median: 2.5, max: 10, runs: 4 });
    assert.equal(percentile([0, 10, 20], 95), 19);
  });
});
