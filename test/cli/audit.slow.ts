import assert from 'node:assert/strict';
import { auditId } from '../../src/workflows/audit-messages.js';
import { endProcesses, start } from '../e2e/processes.js';
import { holdRequest } from '../support/held-requests.js';
import { onStage } from '../support/journeys.js';
import { known } from './auditing.js';
import { run } from './terminal-stand-in.js';

describe('the command audit as a process', () => {
  afterEach(endProcesses);

  it(
    'stops following with Ctrl-C, follows again, and refuses other options meanwhile',
    onStage({}, async (stage) => {
      const { env } = stage;
      await known(stage, ['lead_1']);
      const held = await holdRequest(stage, 'GET /v1/invoices');
      const following = await start('src/starter.ts', ['audit'], env);
      await held.arrived;

      following.process.kill('SIGINT');
      const stopped = await following.ended;
      const other = await run(['audit', '--fix'], { env });
      const attached = await start('src/starter.ts', ['audit'], env);
      await attached.said('An audit of this account is running already: following it.\n');
      held.end('forward');
      const { exitCode, stdout } = await attached.ended;

      assert.equal(stopped.exitCode, 130);
      assert.match(
        stopped.stderr,
        /^Stopped following: the audit continues on the workers\. Run the same command again/,
      );
      assert.match(stopped.stderr, /\n {2}temporal workflow cancel --workflow-id audit\/test-\w+\n$/);
      assert.equal(stopped.stdout, '');
      assert.equal(other.exitCode, 2);
      assert.match(
        other.stderr,
        /^Another audit of this account is running already, without --fix and without a file; no/,
      );
      assert.equal(exitCode, 0);
      assert.match(stdout, /^The 1 lead is right\.\n/);
    }),
  );

  it(
    'says that an audit was cancelled',
    onStage({}, async (stage) => {
      const { env } = stage;
      const held = await holdRequest(stage, 'GET /v1/invoices');
      const following = await start('src/starter.ts', ['audit'], env);
      await held.arrived;

      await stage.server.client.workflow.getHandle(auditId(stage.account)).cancel();
      const { exitCode, stderr } = await following.ended;

      assert.deepEqual([exitCode, stderr], [1, 'The audit was cancelled.\n']);
    }),
  );
});
