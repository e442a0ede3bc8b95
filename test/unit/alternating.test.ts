import assert from 'node:assert/strict';
import { alternate, percentile, ratioOf, spreadOf } from '../../tools/bench/harness/alternating.js';
import { asMarkdown, asText } from '../../tools/bench/harness/table.js';

describe('a bench', () => {
  it('measures every variant once per round, and starts each round with a different one', async () => {
    const order: string[] = [];
    const variant = (name: string) => async () => order.push(name);

    await alternate({ rounds: 2, variants: { a: variant('a'), b: variant('b'), c: variant('c') } });

    assert.deepEqual(order.join(' '), 'a b c b c a c a b');
  });

  it('discards the warm-up samples', async () => {
    let count = 0;
    const next = async () => {
      count += 1;
      return count;
    };

    assert.deepEqual(await alternate({ rounds: 3, warmUps: 2, variants: { next } }), { next: [3, 4, 5] });
  });

  it('computes ratios within a round', () => {
    assert.deepEqual(ratioOf([1, 4, 9], [2, 4, 3]), { min: 0.5, median: 1, max: 3, runs: 3 });
  });

  it('computes the spread of unsorted values', () => {
    assert.deepEqual(spreadOf([3, 1, 2, 10]), { min: 1, median: 2.5, max: 10, runs: 4 });
  });

  it('interpolates percentiles between two values', () => {
    const figures = Array.from({ length: 11 }, (_, index) => index * 10);

    assert.deepEqual(
      [0, 50, 95, 100].map((percent) => percentile(figures, percent)),
      [0, 50, 95, 100],
    );
    assert.ok(Number.isNaN(percentile([], 50)));
  });

  it('prints the same table in the terminal and in documents', () => {
    const table = { title: 'Sizes', columns: ['', 'MB'], rows: [['worker', '280']], notes: ['Measured once.'] };

    assert.equal(asText(table), 'Sizes\n\n            MB\n  worker   280\n\n  Measured once.');
    assert.equal(asMarkdown(table), '### Sizes\n\n|  | MB |\n| --- | ---: |\n| worker | 280 |\n\n- Measured once.');
  });
});
