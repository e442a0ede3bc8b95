import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { RetryPolicy } from '@temporalio/common';
import * as policy from '../../src/workflows/policy.js';
import { currentRules } from '../../src/workflows/rules.js';
import { replayHistories } from '../../tools/temporal-server/replay.js';
import { bundle } from '../support/journeys.js';

const histories = fileURLToPath(new URL('../histories/', import.meta.url));

/** Two other values for a constant: shorter or fewer, and longer or more. Of a priority, two greater numbers. */
const oneTry: RetryPolicy = { initialInterval: '10 ms', maximumAttempts: 1 };
const manyTries: RetryPolicy = { initialInterval: '1 hour', backoffCoefficient: 3, maximumAttempts: 500 };
function otherValues(value: unknown): unknown[] {
  if (typeof value === 'number') return [value + 1, value * 100];
  if (typeof value === 'string') return ['10 ms', '100 days'];
  if ('createLead' in Object(value)) {
    const withAll = (lane: RetryPolicy) => Object.fromEntries(Object.keys(Object(value)).map((step) => [step, lane]));
    return [withAll(oneTry), withAll(manyTries)];
  }
  return [oneTry, manyTries];
}

/** For each rule, a value with which at least one recorded history decides differently. */
const otherRules = {
  freshLook: '10 ms',
  hintInterval: '1 ms',
  matchingPeriod: '2 days',
  unreachableInterval: '1 ms',
  slowLane: { often: '1 ms', oftenTries: 72, seldom: '1 ms' },
} satisfies { readonly [rule in keyof ReturnType<typeof currentRules>]: unknown };

/** The code of a bundle with another value for one constant. */
function changed(code: string, name: string, value: unknown): string {
  // Not indented, so at the top of a module; the bundler joins a comment with the line that follows it.
  return replaced(code, `(?<=^|\\*/ )const ${name} = [^;]*;`, `const ${name} = ${JSON.stringify(value)};`);
}

function replaced(code: string, pattern: string, replacement: string): string {
  assert.equal(code.match(new RegExp(pattern, 'gm'))?.length, 1, `${pattern} is in the bundle once`);
  return code.replace(new RegExp(pattern, 'm'), () => replacement);
}

/** The files whose replay fails. */
async function broken(code: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { file, error } of replayHistories({ code }, histories)) if (error) files.push(file);
  return files;
}

/** Whether the replay of at least one history fails. */
async function isBroken(code: string): Promise<boolean> {
  for await (const { error } of replayHistories({ code }, histories)) if (error) return true;
  return false;
}

describe('recorded histories', () => {
  let code: string;
  before(async () => {
    code = await readFile((await bundle()).codePath, 'utf8');
  });

  for (const [which, way] of ['shorter or fewer', 'longer or more'].entries()) {
    it(`replay with any policy: ${way}`, async () => {
      const others = Object.entries(policy).map(([name, value]) => [name, otherValues(value)[which]] as const);
      const all = others.reduce((bundle, [name, other]) => changed(bundle, name, other), code);
      const files = await broken(all);
      if (files.length === 0) return;
      // One at a time takes long, but says which constant belongs into rules.ts.
      for (const [name, other] of others) assert.deepEqual(await broken(changed(code, name, other)), [], name);
      assert.deepEqual(files, []);
    });
  }

  for (const [name, other] of Object.entries(otherRules)) {
    const ownRules = { ...currentRules(), [name]: other };

    it(`fail with another ${name}, so it is a rule`, async () => {
      assert.ok(await isBroken(changed(code, 'rules1', ownRules)));
    });
  }

  it('replay with new rules behind a patch', async () => {
    const sdk = /__webpack_require__\(\/\*! @temporalio\/workflow \*\/ "[^"]+"\)/.exec(code)?.[0];
    const newRules = `${sdk}.patched('rules-2') ? ${JSON.stringify(otherRules)} : rules1`;
    assert.deepEqual(await broken(replaced(code, 'return rules1;', `return ${newRules};`)), []);
  });
});
