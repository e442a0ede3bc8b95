import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { EndWith } from '../../src/cli/errors.js';
import { confirmOn, Progress, table } from '../../src/cli/terminal.js';

describe('progress', () => {
  it('starts after two seconds, updates in place on a terminal, and clears its line', () => {
    const { progress, tick, written } = progressOn({ isTTY: true });

    tick(1_900, '1 of 9');
    tick(200, '2 of 9');
    tick(100, '3 of 9');
    tick(200, '4 of 9');
    progress.end();

    assert.deepEqual(written, ['\r\u001b[2K2 of 9', '\r\u001b[2K4 of 9', '\r\u001b[2K']);
  });

  it('writes a line every ten seconds without a terminal', () => {
    const { progress, tick, written } = progressOn({ isTTY: false });

    tick(2_000, '1 of 9');
    tick(9_000, '2 of 9');
    tick(1_000, '3 of 9');
    progress.end();

    assert.deepEqual(written, ['1 of 9\n', '3 of 9\n']);
  });
});

describe('a prompt', () => {
  for (const [typed, isYes] of [
    ['y\r', true],
    ['YES \r', true],
    ['n\r', false],
    ['\r', false],
    ['yesterday\r', false],
    ['\u0004', false], // Ctrl-D
  ] as const) {
    it(`is answered with ${isYes ? 'yes' : 'no'} by ${JSON.stringify(typed)}`, async () => {
      const { answer } = asked(typed);

      assert.equal(await answer, isYes);
    });
  }

  it('ends the command on Ctrl-C, and reports that nothing was done', async () => {
    const { answer, said } = asked('\u0003');

    await assert.rejects(answer, (error) => error instanceof EndWith && error.exitCode === 130);
    assert.match(await said(), /Stop it\? \[y\/N\] [\s\S]*\nStopped; nothing was started or changed\.\n$/);
  });
});

describe('a table', () => {
  it('lines up its columns and ends no line with spaces', () => {
    assert.deepEqual(
      table(
        ['A', 'LONG TITLE'],
        [
          ['wide cell', 'b'],
          ['c', ''],
        ],
      ),
      ['A          LONG TITLE', 'wide cell  b', 'c'],
    );
  });

  it('becomes a few lines per row if it is wider than the terminal, and breaks no cell', () => {
    const titles = ['LEAD', 'STAGE', 'TRIAL', 'PAID', 'STARTED'];
    const row = ['lead_1', 'paid', '-', '2016-02-25', '2026-01-05 10:11'];
    const width = 'lead_1  paid   -      2016-02-25  2026-01-05 10:11'.length;

    assert.equal(table(titles, [row, row], { width }).length, 3);
    assert.deepEqual(table(titles, [row, row], { width: width - 1 }), [
      'lead_1',
      '  stage paid, paid 2016-02-25',
      '  started 2026-01-05 10:11',
      'lead_1',
      '  stage paid, paid 2016-02-25',
      '  started 2026-01-05 10:11',
    ]);
    assert.deepEqual(table(titles, [row], { width: 10 }), [
      'lead_1',
      '  stage paid',
      '  paid 2016-02-25',
      '  started 2026-01-05 10:11',
    ]);
  });
});

function asked(typed: string) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const answer = confirmOn(input, output)('Stop it?');
  input.write(typed);
  const said = () => {
    output.end();
    return text(output);
  };
  return { answer, said };
}

function progressOn({ isTTY }: { isTTY: boolean }) {
  let now = 1_000_000;
  const written: string[] = [];
  const progress = new Progress({ isTTY, write: (text) => written.push(text) }, () => now);
  const tick = (milliseconds: number, text: string) => {
    now += milliseconds;
    progress.update(text);
  };
  return { progress, tick, written };
}
