import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { readHistory, replayHistory } from '../../tools/temporal-server/replay.js';
import { billingScenarios } from '../support/billing-scenarios.js';
import { bundle } from '../support/journeys.js';

const histories = fileURLToPath(new URL('../histories/', import.meta.url));
const files = readdirSync(histories, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));

describe('every recorded history', () => {
  for (const file of files) {
    it(`replays: ${file.slice(0, -'.json'.length)}`, async () => {
      await replayHistory(await bundle(), await readHistory(histories + file), basename(file));
    });
  }

  it('covers every path of a journey and a billing customer', () => {
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
      ],
      ...Object.keys(billingScenarios),
      'billing-continue-as-new-2',
    ];
    assert.deepEqual(
      needed.filter((name) => !recorded.has(name)),
      [],
    );
  });
});

describe('a changed workflow', () => {
  let changed: WorkflowBundleWithSourceMap;
  before(async () => {
    const workflowsPath = fileURLToPath(new URL('./changed-workflow.ts', import.meta.url));
    const nothing = () => undefined;
    const logger = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
    changed = await bundleWorkflowCode({ workflowsPath, logger });
  });

  for (const file of files) {
    it(`fails the replay: ${file.slice(0, -'.json'.length)}`, async () => {
      const history = await readHistory(histories + file);
      await assert.rejects(replayHistory(changed, history, basename(file)), DeterminismViolationError);
    });
  }
});
