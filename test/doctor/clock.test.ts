import assert from 'node:assert/strict';
import { clockOf } from '../../src/doctor/clock.js';

describe('the comparison of two clocks', () => {
  const cases: [skewMs: number, level: string, text: RegExp][] = [
    [0, 'ok', /agrees with Temporal's$/],
    [-29_000, 'ok', /agrees/],
    [31_000, 'warning', /is 31 seconds behind Temporal's$/],
    [-200_000, 'warning', /is 3 minutes ahead of Temporal's$/],
    [301_000, 'failure', /is 5 minutes behind Temporal's: the gateway refuses/],
    [-7_200_000, 'failure', /is 2 hours ahead of Temporal's: the gateway refuses/],
  ];
  for (const [skewMs, level, text] of cases) {
    it(`is ${level} if the other clock is ${skewMs / 1000} s ahead`, () => {
      const observed = clockOf('Temporal', skewMs);

      assert.equal(observed.level, level);
      assert.match(observed.text, text);
    });
  }
});
