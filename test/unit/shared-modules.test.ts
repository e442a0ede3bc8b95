import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** All modules that workflows load. From the folder of the run, as in import-rules.test.ts. */
const folders = ['workflows', 'domain'].map((folder) => resolve('src', folder));

/** Mutable state in module scope: a variable or a collection. */
const state =
  /^(?:export )?(?:let|var)\b.*|^(?:export )?const \w+.*= (?:new (?:Map|Set|WeakMap|WeakSet|Array)\b|\[\];|\{\};).*/gm;

describe('modules of workflows', () => {
  it('keep no state, since all journeys of a worker share them', () => {
    const found = folders.flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .flatMap((file) => stateIn(readFileSync(join(folder, file), 'utf8')).map((line) => `${file}: ${line}`)),
    );

    assert.deepEqual(found, []);
  });

  for (const line of [
    'let count = 0;',
    'export let last: string | undefined;',
    'const seen = new Set<string>();',
    'const all: string[] = [];',
  ]) {
    it(`fail this check with: ${line}`, () => {
      assert.deepEqual(stateIn(`import { a } from './a.js';\n\n${line}\n`), [line]);
    });
  }

  it('may have state inside a function', () => {
    assert.deepEqual(stateIn('export function f() {\n  let count = 0;\n  return count;\n}\n'), []);
  });
});

function stateIn(code: string): string[] {
  return code.match(state) ?? [];
}
