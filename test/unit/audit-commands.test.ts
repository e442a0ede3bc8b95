import assert from 'node:assert/strict';
import { commandFor } from '../../src/domain/audit/commands.js';

describe('the command for a difference', () => {
  for (const [leadId, command] of [
    ['lead_1', 'customer-journey retry lead_1 --recreate'],
    ["o'neil, $(id)", "customer-journey retry 'o'\\''neil, $(id)' --recreate"],
    ['=1', "customer-journey retry '=1' --recreate"],
    ['-unk', 'customer-journey retry --recreate -- -unk'],
    ['--fix it', "customer-journey retry --recreate -- '--fix it'"],
  ] as const) {
    it(`can be run as it is for the id ${leadId}`, () => {
      assert.equal(commandFor('missing', leadId), command);
    });
  }

  it('has no options if it needs none', () => {
    assert.equal(commandFor('attention', '-unk'), 'customer-journey show -- -unk');
  });
});
