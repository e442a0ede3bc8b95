import assert from 'node:assert/strict';
import { pino } from 'pino';
import { UnknownTypes } from '../../src/gateway/unknown-types.js';

const hourMs = 60 * 60 * 1000;

describe('unused event types', () => {
  let logged: { types: Record<string, number> }[];
  let types: UnknownTypes;
  beforeEach(() => {
    logged = [];
    types = new UnknownTypes(pino({ base: null }, { write: (line) => void logged.push(JSON.parse(line)) }), 'stripe');
  });

  it('are logged at once, and then at most once an hour with their numbers, the most frequent first', () => {
    types.count('charge.refunded', 0);
    types.count('payout.paid', 1);
    types.count('charge.refunded', 2);
    types.count('charge.refunded', hourMs - 1);
    assert.equal(logged.length, 1);
    types.count('charge.refunded', hourMs);

    assert.deepEqual(
      logged.map((line) => Object.entries(line.types)),
      [
        [['charge.refunded', 1]],
        [
          ['charge.refunded', 3],
          ['payout.paid', 1],
        ],
      ],
    );
  });

  it('are logged when the gateway stops', () => {
    types.count('charge.refunded', 0);
    types.logNow();
    types.count('payout.paid', 1);
    types.logNow();

    assert.deepEqual(
      logged.map((line) => line.types),
      [{ 'charge.refunded': 1 }, { 'payout.paid': 1 }],
    );
  });

  it('have a bounded number of labels, and none that is not in the form of a type', () => {
    for (const odd of [7, undefined, '', 'a b', 'Ä', 'x'.repeat(101)]) assert.equal(types.count(odd), 'other');
    const labels = new Set(Array.from({ length: 300 }, (_, number) => types.count(`made.up_${number}`)));

    assert.equal(labels.size, 101);
    assert.equal(types.count('made.up_0'), 'made.up_0');
    assert.equal(types.count('made.up_299'), 'other');
  });
});
