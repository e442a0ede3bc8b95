import assert from 'node:assert/strict';
import { setImmediate as idle } from 'node:timers/promises';
import { Pace } from '../../src/cli/import/progress.js';
import { type Counts, noCounts } from '../../src/import/counts.js';
import { Semaphore } from '../../src/import/semaphore.js';

describe('the import progress line', () => {
  it('shows the rate of the last 30 seconds, the remaining time, and the results', () => {
    const { later } = paceOf({ isTTY: false });

    assert.match(later(60_000, { underWay: 500 }), /^0 of 2,000 \(0\.0\/s\) created 0/);
    assert.match(later(1_000, { lines: 10 }), /^10 of 2,000 \(0\.0\/s\)/);
    const line = later(10_000, { lines: 510, created: 480, adopted: 5, merged: 3, underWay: 40 });

    assert.equal(
      line,
      '510 of 2,000 (50.0/s, 30 seconds left) created 480, adopted 5, merged 3, waiting 40, attention 0',
    );
  });

  it('excludes known leads from the rate after 30 seconds', () => {
    const { pace, later } = paceOf({ isTTY: false });

    later(1_000, { lines: 1 });
    later(1_000, { lines: 1_000 });
    for (let second = 1; second <= 40; second += 1) later(1_000, { lines: 1_000 + 10 * second });

    assert.match(pace.line({ ...noCounts(), lines: 1_400 }), /\(10\.0\/s, 1 minute left\)/);
  });

  for (const [columns, wanted] of [
    [
      160,
      '████████░░░░░░░░ 1,000 of 2,000 (50.0/s, 20 seconds left) created 900, adopted 0, merged 0, waiting 40, attention 7',
    ],
    [110, '███░░░ 50.0/s, 20 seconds left: created 900, adopted 0, merged 0, waiting 40, attention 7'],
    [80, '███░░░ 20 seconds left: created 900, adopted 0, merged 0, attention 7'],
    [40, '███░░░ 20 seconds left: attention 7'],
    [20, '███░░░ 20 seconds l'],
  ] as const) {
    it(`has a bar and the most important counts on a terminal with ${columns} columns`, () => {
      const { later } = paceOf({ isTTY: true, columns });

      later(1_000, { lines: 500 });
      const rest = { ...noCounts().rest, attention: 7 };

      assert.equal(later(10_000, { lines: 1_000, created: 900, underWay: 40, rest }), wanted);
    });
  }
});

describe('a semaphore', () => {
  it('grants its slots in order, and never more than its size', async () => {
    const slots = new Semaphore(2);
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const work = [1, 2, 3, 4].map((number) =>
      slots.run(() => {
        begun.push(number);
        return new Promise<void>((resolve) => ends.push(resolve));
      }),
    );

    await idle();
    assert.deepEqual(begun, [1, 2]);
    assert.equal(slots.tryAcquire(), false);
    ends[1]?.();
    await idle();
    assert.deepEqual(begun, [1, 2, 3]);
    ends[0]?.();
    await idle();
    for (const end of ends) end();
    await Promise.all(work);

    assert.deepEqual(begun, [1, 2, 3, 4]);
    assert.equal(slots.taken, 0);
  });
});

function paceOf(stream: { readonly isTTY: boolean; readonly columns?: number }) {
  let now = 1_000_000;
  const pace = new Pace(2_000, { ...stream, write: () => true }, () => now);
  const later = (milliseconds: number, counts: Partial<Counts>) => {
    now += milliseconds;
    return pace.line({ ...noCounts(), ...counts });
  };
  return { pace, later };
}
