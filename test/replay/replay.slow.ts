import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { type Errors, files, replayAll } from './replaying.js';

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
