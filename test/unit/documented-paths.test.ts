import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';

const folders = ['test', 'test/workflows'];
const endings = ['.test.ts', '.slow.ts'];

describe('the paths of docs/journey.md', () => {
  // Mocha runs in the project's folder.
  const [, table = ''] = readFileSync('docs/journey.md', 'utf8').split('\n## Paths and their tests\n');
  const rows = table.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| ---'));

  it('name tests that exist', () => {
    const [, ...paths] = rows;
    assert.ok(paths.length > 40);
    for (const row of paths) {
      const named = [...(row.split(' | ')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name);
      assert.ok(named.length > 0, row);
      for (const name of named) {
        const files = folders.flatMap((folder) => endings.map((ending) => `${folder}/${name}${ending}`));
        assert.ok(files.some(existsSync), `no test ${name}: ${row}`);
      }
    }
  });
});
