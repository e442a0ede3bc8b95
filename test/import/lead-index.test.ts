import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashOf, LeadIndex } from '../../src/import/lead-index.js';
import { LineSet } from '../../src/import/line-set.js';
import { Spill } from '../../src/import/spill.js';

describe('the lines that repeat a lead', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'index-test-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are found with the first line of the lead, and whether they have the same content', () => {
    const index = new LeadIndex(folder, 'leads', 10);
    for (const [at, content] of ['a', 'b', 'a', 'c', 'a'].entries())
      index.add(at + 2, hashOf('lead_1'), hashOf(content));
    index.add(7, hashOf('lead_2'), hashOf('a'));

    const { keys, count, different, examples, lines } = index.repeats();

    assert.deepEqual([keys, count, different], [2, 4, 2]);
    assert.deepEqual(
      [2, 3, 4, 5, 6, 7].filter((line) => lines.has(line)),
      [2, 3, 4, 5, 6],
    );
    assert.deepEqual(examples, [
      { line: 3, of: 2, isSame: false },
      { line: 5, of: 2, isSame: false },
      { line: 4, of: 2, isSame: true },
      { line: 6, of: 2, isSame: true },
    ]);
  });

  it('are all counted, with the first of them as examples', () => {
    const index = new LeadIndex(folder, 'leads', 3);
    for (let line = 2; line <= 1_001; line += 1) index.add(line, hashOf('lead_1'), line % 2);

    const { count, examples } = index.repeats();

    assert.equal(count, 999);
    assert.deepEqual(
      examples.map(({ line }) => line),
      [3, 5, 7],
    );
  });

  it('are found with the leads that have several billing customers', () => {
    const index = new LeadIndex(folder, 'leads', 10);
    const owners = [undefined, 11, 11, 12, 13];
    for (const [at, owner] of owners.entries()) index.add(at + 2, 1, 0, owner);
    for (const [at, owner] of [undefined, 11, 11].entries()) index.add(at + 7, 2, 0, owner);
    index.add(10, 3, 0);

    const { owned, severalOwners } = index.repeats();

    assert.equal(owned, 2);
    assert.deepEqual(severalOwners, { count: 1, examples: [{ line: 5, of: 3 }] });
  });
});

describe('a spill', () => {
  it('keeps each list in order, in memory and in files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'spill-test-'));
    const spill = new Spill(join(folder, 'spill'));
    const text = 'x'.repeat(100_000);
    for (let item = 0; item < 100; item += 1) spill.add(item % 3, `${item} ${text}`);

    const numbers = [0, 1, 2, 3].map((list) => spill.read(list).map((item) => Number(item.split(' ')[0])));
    await rm(folder, { recursive: true, force: true });

    const wanted = [0, 1, 2].map((list) =>
      Array.from({ length: 100 }, (_, item) => item).filter((item) => item % 3 === list),
    );
    assert.deepEqual(numbers, [...wanted, []]);
  });
});

describe('a set of lines', () => {
  it('has the lines that were added, and counts each once', () => {
    const lines = new LineSet();
    for (const line of [1, 8, 100_000, 8]) lines.add(line);

    assert.equal(lines.size, 3);
    assert.deepEqual(
      [0, 1, 7, 8, 9, 99_999, 100_000, 1_000_000].filter((line) => lines.has(line)),
      [1, 8, 100_000],
    );
  });
});
