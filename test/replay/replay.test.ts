import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { replayHistories, type WorkflowBundle } from '../../tools/temporal-server/replay.js';
import { billingScenarios } from '../support/billing-scenarios.js';
import { bundle } from '../support/journeys.js';

const histories = fileURLToPath(new URL('../histories/', import.meta.url));
const files = readdirSync(histories, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));

/** By file: why its replay failed, if it did. */
type Errors = ReadonlyMap<string, Error | undefined>;

/** With one worker for all: it takes longer to start than to replay. */
async function replayAll(workflowBundle: WorkflowBundle): Promise<Errors> {
  const errors = new Map<string, Error | undefined>();
  for await (const { file, error } of replayHistories(workflowBundle, histories)) errors.set(file, error);
  return errors;
}

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

describe('a changed workflow', () => {
  let errors: Errors;
  before(async () => {
    const workflowsPath = fileURLToPath(new URL('./changed-workflow.ts', import.meta.url));
    const nothing = () => undefined;
    const logger = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
    errors = await replayAll(await bundleWorkflowCode({ workflowsPath, logger }));
  });

  for (const file of files) {
    it(`fails the replay: ${file.slice(0, -'.json'.length)}`, () => {
      assert.ok(errors.get(file) instanceof DeterminismViolationError);
    });
  }
});
