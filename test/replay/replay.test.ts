import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { billingScenarios } from '../support/billing-scenarios.js';
import { bundle } from '../support/journeys.js';
import { type Errors, files, replayAll } from './replaying.js';

describe('every recorded history', () => {
  let errors: Errors;
  before(async () => {
    errors = await replayAll(await bundle());
  });

  for (const file of files) {
    it(`replays: ${file.slice(0, -'.json'.length)}`, () => {
      assert.ok(errors.has(file));
      assert.equal(errors.get(file), undefined);
    });
  }

  it('covers every path of a journey, a billing customer, a sweep and an audit', () => {
    const recorded = new Set(files.map((file) => basename(file, '.json')));
    const needed = [
      ...[
        'smooth',
        'dates-put-back',
        'trial-first',
        'early-merge',
        'payment-first',
        'attention',
        'slow-lane-and-retry',
      ],
      ...[
        'already-merged',
        'correction',
        'relink',
        'hint',
        'cancelled',
        'closed',
        'continue-as-new',
        'continue-as-new-2',
        ...['continue-as-new-during-request', 'closed-during-write', 'cancelled-during-write', 'unmerged-during-write'],
        'unmerged',
      ],
      ...Object.keys(billingScenarios),
      'billing-continue-as-new-2',
      'stripe-sweep',
      'stripe-sweep-2',
      'audit',
      'audit-2',
    ];
    assert.deepEqual(
      needed.filter((name) => !recorded.has(name)),
      [],
    );
  });
});
