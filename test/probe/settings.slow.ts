import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describeKnobs, readKnobs } from '../../packages/chartmogul-sandbox/src/knobs.js';
import { questions } from '../../src/probe/probe.js';
import type { Question, Setting } from '../../src/probe/question.js';
import { notAskable, type Report, reportOf } from '../../src/probe/report.js';
import { runs } from '../support/runs.js';
import { Probed, probed } from './probing.js';

/** Settings of the knobs that accept more than a list of values. */
const samples: Readonly<Record<string, readonly Setting[]>> = {
  sourceSystem: ['Import API', "Bob's"],
  zonelessOffsetMinutes: [120, -330],
};

describe('a probe of an account', () => {
  const test = new Probed();

  const report = async (knobs: Readonly<Record<string, unknown>>): Promise<Report> => {
    await test.start(knobs);
    const before = await test.account();
    const found = await test.probe().run();
    assert.equal(found.leftBehind, undefined);
    assert.equal(found.stoppedBy, undefined);
    assert.deepEqual(await test.account(), before);
    test.assertWritesOnlyItsOwn(before);
    return reportOf(found, test.sandbox.url);
  };
  const settings = ({ settings: { mergeDelayMs: _, ...others } }: Report) => others;

  it('answers every question, and sees no difference to the sandbox with its defaults', async () => {
    const { answers, unanswered, isComplete } = await report({});
    assert.deepEqual(unanswered, []);
    assert.equal(isComplete, true);
    assert.deepEqual(
      answers.filter(({ differs }) => differs),
      [],
    );
    assert.equal(answers.length, questions.length);
  });

  for (const { knob, setting } of questions.flatMap(settingsOf)) {
    it(`finds ${knob} ${setting}`, async () => {
      const { answers } = await report({ [knob]: setting });
      assert.equal(answers.find((answer) => answer.knob === knob)?.seen, setting);
    });
  }

  it('finds all settings at once, and prints the command of a sandbox in which a probe sees the same', async () => {
    const choices = Object.fromEntries(
      questions
        .filter(({ knob, isMeasured }) => knob !== undefined && !isMeasured)
        .map((question) => [
          question.knob,
          fc.constantFrom(question.sandbox, ...settingsOf(question).map(({ setting }) => setting)),
        ]),
    );
    await fc.assert(
      fc.asyncProperty(fc.record(choices, { noNullPrototype: true }), async (knobs) => {
        const first = await report(knobs);
        assert.deepEqual({ ...defaults(), ...settings(first) }, knobs);
        const again = await report({ ...readOptions(first.sandboxCommand), ...probed });
        assert.deepEqual(settings(again), settings(first));
      }),
      { numRuns: runs(8) },
    );
  });

  it('tells between which times each merge and the unmerge took effect', async () => {
    const delay = 40;
    const { mergeSeconds, unmergeSeconds, settings } = await report({ mergeDelayMs: delay });
    const spans = [...mergeSeconds, ...unmergeSeconds];
    assert.equal(spans.length, 4);
    for (const [from, to] of spans) {
      // The sandbox counts whole milliseconds.
      assert.ok(from * 1000 <= delay + 2 && delay - 2 <= to * 1000, `${from} to ${to} s`);
    }
    assert.ok(Number(settings.mergeDelayMs) >= delay - 2);
  });

  it('lists a 429 that comes by itself, and asks again', async () => {
    await test.start();
    test.sandbox.fault({ route: 'GET /v1/customers/:uuid', status: 429, retryAfter: 3 });
    test.sandbox.fault({ route: 'POST /v1/customers/merges', status: 503 });
    const { answers } = reportOf(await test.probe().run(), test.sandbox.url);
    const limits = answers.find(({ question }) => question.startsWith('429'))?.seen;
    assert.match(String(limits), /429, shape A.*, 3 s Retry-After/);
    assert.match(String(limits), /503, shape E, no Retry-After/);
  });

  it('takes a 500 that does not go away as the answer', async () => {
    await test.start();
    test.sandbox.fault({ route: 'DELETE /v1/customers/:uuid/attributes/custom', status: 500, times: 4 });
    const { answers, unanswered } = reportOf(await test.probe().run(), test.sandbox.url);
    assert.equal(answers.find(({ knob }) => knob === 'removedAttributes')?.seen, '500, shape E');
    assert.deepEqual(unanswered, []);
  });

  it('adopts what it made if the answers to its writes are lost', async () => {
    await test.start();
    const before = await test.account();
    for (const route of ['POST /v1/data_sources', 'POST /v1/customers', 'POST /v1/customers/merges']) {
      test.sandbox.fault({ route, status: 'drop_answer' });
    }
    test.sandbox.fault({ route: 'POST /v1/customers/unmerges', status: 'drop_answer' });
    test.sandbox.fault({ route: 'DELETE /v1/data_sources/:uuid', status: 'drop_answer' });
    const found = await test.probe().run();
    assert.deepEqual(found.unanswered, []);
    assert.deepEqual(
      reportOf(found, test.sandbox.url).answers.filter(({ differs }) => differs),
      [],
    );
    assert.deepEqual(await test.account(), before);
  });

  it('reports facts only: no key, no uuid, no name, no address', async () => {
    const text = JSON.stringify(await report({ nameRequired: true, secondMerge: '422' }));
    assert.doesNotMatch(text, /sandbox-key|127\.0\.0\.1|(?:cus|ds)_[0-9a-f]|Adam|@|lead_1/);
  });
});

describe('the questions of a probe', () => {
  const knobs = describeKnobs();

  it('have knobs that the sandbox has, with its default and settings that it accepts', () => {
    for (const question of questions) {
      const { knob, sandbox } = question;
      if (knob === undefined) continue;
      assert.deepEqual(knobs.find(({ name }) => name === knob)?.fallback, sandbox, knob);
      for (const { setting } of settingsOf(question)) readKnobs({ [knob]: setting });
    }
  });

  it('cover every setting of a knob with a list of settings', () => {
    for (const question of questions) {
      const { knob, sandbox, others, isMeasured } = question;
      if (knob === undefined || isMeasured) continue;
      const known = new Set([sandbox, ...(others ?? [])]);
      const isOpen = others === undefined;
      const accepts = (value: unknown) => {
        try {
          return Boolean(readKnobs({ [knob]: value }));
        } catch {
          return false;
        }
      };
      // An unlisted value is refused, so the list is complete if each of the sandbox's names is in it.
      if (isOpen) assert.ok(samples[knob], `${knob} needs samples`);
      else
        assert.deepEqual(
          optionsOf(knob).filter((value) => accepts(value) && !known.has(value)),
          [],
        );
    }
  });

  it('and the reasons for not asking cover every knob of docs/sandbox.md that is not its own', () => {
    const rows = readFileSync(resolve('docs/sandbox.md'), 'utf8')
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .filter(([, name = '']) => knobs.some((knob) => `\`${knob.name}\`` === name));
    assert.equal(rows.length, knobs.length, 'each knob has a row');
    const open = rows.filter(([, , , , evidence = '']) => !evidence.startsWith('ours'));
    const covered = [...questions.flatMap(({ knob }) => knob ?? []), ...Object.keys(notAskable)];
    assert.deepEqual(covered.sort(), open.map(([, name = '']) => name.replaceAll('`', '')).sort());
  });
});

function settingsOf({ knob, others, isMeasured }: Question): { knob: string; setting: Setting }[] {
  if (knob === undefined || isMeasured) return [];
  return (others ?? samples[knob] ?? []).map((setting) => ({ knob, setting }));
}

function defaults(): Record<string, Setting> {
  return Object.fromEntries(
    questions.flatMap(({ knob, sandbox, isMeasured }) => (knob && !isMeasured ? [[knob, sandbox]] : [])),
  );
}

/** The values that the sandbox's own error message lists for a knob. */
function optionsOf(knob: string): Setting[] {
  try {
    readKnobs({ [knob]: 'no such setting' });
    return [];
  } catch (error) {
    const texts = [...String(error).matchAll(/"([\w-]+)"/g)].map(([, value = '']) => value);
    return [...texts, true, false];
  }
}

/** The knobs of a sandbox that is started with this command, read as a shell does. */
function readOptions(command: string): Record<string, Setting> {
  const words = [...command.matchAll(/--([a-z-]+) ((?:'[^']*'|\\'|[^\s'\\])+)/g)];
  return Object.fromEntries(
    words.map(([, option = '', value = '']) => {
      const knob = option.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
      const text = value.replace(/'([^']*)'|\\'/g, (_, quoted: string | undefined) => quoted ?? "'");
      const { fallback } = describeKnobs().find(({ name }) => name === knob) ?? {};
      if (typeof fallback === 'number') return [knob, Number(text)];
      return [knob, typeof fallback === 'boolean' ? text === 'true' : text];
    }),
  );
}
