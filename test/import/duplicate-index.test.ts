import assert from 'node:assert/strict';
import { DuplicateIndex } from '../../src/import/duplicate-index.js';

describe('the lines that repeat a lead', () => {
  it('are found with the first line of the lead, and whether they have the same content', () => {
    const index = new DuplicateIndex(10);
    for (const [at, content] of ['a', 'b', 'a', 'c', 'a'].entries()) index.add(at + 2, 'lead_1', content);
    index.add(7, 'lead_2', 'a');

    const { count, different, examples, lines } = index.repeats();

    assert.deepEqual([count, different, [...lines]], [4, 2, [3, 4, 5, 6]]);
    assert.deepEqual(examples, [
      { line: 3, of: 2, isSame: false },
      { line: 5, of: 2, isSame: false },
      { line: 4, of: 2, isSame: true },
      { line: 6, of: 2, isSame: true },
    ]);
  });

  it('are all counted, with the first of them as examples', () => {
    const index = new DuplicateIndex(3);
    for (let line = 2; line <= 1_001; line += 1) index.add(line, 'lead_1', line % 2 === 0 ? 'a' : 'b');

    const { count, examples } = index.repeats();

    assert.equal(count, 999);
    assert.deepEqual(
      examples.map(({ line }) => line),
      [3, 5, 7],
    );
  });
});
