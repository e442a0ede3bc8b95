import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatInstant } from '../../src/domain/journey/instant.js';
import { slicesOf } from '../../src/stripe/sweep-plan.js';

const now = '2026-11-27T10:00:00Z';

describe('the slices of a sweep', () => {
  it('are events only, day by day, within 30 days', () => {
    assert.deepEqual(slicesOf('2026-11-25T04:00:00Z', now), [
      { of: 'events', from: '2026-11-25T04:00:00Z', to: '2026-11-26T04:00:00Z' },
      { of: 'events', from: '2026-11-26T04:00:00Z', to: '2026-11-27T04:00:00Z' },
      { of: 'events', from: '2026-11-27T04:00:00Z' },
    ]);
  });

  it('begin with objects beyond 30 days, with an overlap of a day', () => {
    const slices = slicesOf('2026-10-26T10:00:00Z', now);

    assert.deepEqual(slices.slice(0, 4), [
      { of: 'objects', from: '2026-10-26T10:00:00Z', to: '2026-10-27T10:00:00Z' },
      { of: 'objects', from: '2026-10-27T10:00:00Z', to: '2026-10-28T10:00:00Z' },
      { of: 'objects', from: '2026-10-28T10:00:00Z', to: '2026-10-29T10:00:00Z' },
      { of: 'events', from: '2026-10-28T10:00:00Z', to: '2026-10-29T10:00:00Z' },
    ]);
    assert.equal(slices.length, 3 + 30);
  });

  it('have no gap, and end with one that has no end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 * 24 * 3600 }), (seconds) => {
        const since = formatInstant(new Date(Date.parse(now) - seconds * 1000));
        const slices = slicesOf(since, now);

        const events = slices.filter(({ of }) => of === 'events');
        const objects = slices.filter(({ of }) => of === 'objects');
        for (const some of [events, objects]) {
          for (const [index, { from }] of some.entries()) if (index > 0) assert.equal(from, some[index - 1]?.to);
        }
        assert.equal((objects[0] ?? events[0])?.from, since);
        assert.ok(objects.length === 0 || String(objects.at(-1)?.to) > String(events[0]?.from));
        assert.equal(slices.at(-1)?.to, undefined);
      }),
    );
  });
});
