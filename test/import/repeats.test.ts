import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LineSet, Repeats } from '../../src/import/repeats.js';

describe('the lines that repeat a lead', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'import-test-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are found with the first line of the lead, and whether their content is the same', () => {
    const repeats = new Repeats(folder);
    const says = ['a', 'b', 'a', 'c', 'a'];
    for (const [index, said] of says.entries()) repeats.add(index + 2, 'lead_1', said);
    repeats.add(7, 'lead_2', 'a');

    assert.deepEqual(
      [...repeats.all()],
      [
        { line: 3, of: 2, isSame: false },
        { line: 4, of: 2, isSame: true },
        { line: 5, of: 2, isSame: false },
        { line: 6, of: 2, isSame: true },
      ],
    );
  });

  it('are found among more leads than fit into the memory buffers', async () => {
    const repeats = new Repeats(folder);
    const many = 300_000;
    for (let line = 2; line < many; line += 1) repeats.add(line, `lead_${line}`, 'a');
    repeats.add(many, 'lead_17', 'a');

    assert.ok((await readdir(folder)).length > 0);
    assert.deepEqual([...repeats.all()], [{ line: many, of: 17, isSame: true }]);
  });

  it('are stored by line number, however high', () => {
    const lines = new LineSet();
    for (const line of [2, 9, 15_000_000]) lines.add(line);

    assert.deepEqual(
      [1, 2, 3, 9, 10, 15_000_000, 15_000_001].map((line) => lines.has(line)),
      [...[false, true, false, true, false], ...[true, false]],
    );
  });
});
