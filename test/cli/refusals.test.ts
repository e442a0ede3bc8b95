import assert from 'node:assert/strict';
import { exitCodes } from '../../src/runtime/exit-codes.js';
import { nowhere, run } from './terminal-stand-in.js';

const rightForm = 'RFC 3339 with an offset, for example 2016-02-10T05:15:10Z or 2016-02-10T06:15:10+01:00';

/** No Temporal server runs in these tests, so exit code 2 shows that a command failed before it connected. */
describe('the command line rejects', () => {
  for (const at of ['2016-01-05', '2016-01-05T00:00:00', '1451952000', 'yesterday', '2016-02-30T00:00:00Z']) {
    it(`the date ${at}, and shows the expected format`, async () => {
      const { exitCode, stdout, stderr } = await run(['lead', 'lead_1', '--at', at]);

      assert.equal(exitCode, 2);
      assert.equal(stdout, '');
      assert.equal(stderr, `Invalid arguments; nothing was sent:\n  --at must be ${rightForm}\n`);
    });
  }

  it('a report, with all problems at once', async () => {
    const { exitCode, stderr } = await run([
      ...['lead', 'adam@smith.example', '--at', '1999-12-31T00:00:00Z'],
      ...['--email', 'adam', '--country', 'us', '--name', ''],
    ]);

    assert.equal(exitCode, 2);
    assert.deepEqual(stderr.trimEnd().split('\n'), [
      'Invalid arguments; nothing was sent:',
      '  LEAD looks like an e-mail address; use your database id, or set ALLOW_EMAIL_LEAD_IDS=true',
      '  --at must not be before 2000-01-01T00:00:00Z',
      '  --name must be a non-empty string; omit it if unknown',
      '  --email must be an e-mail address',
      '  --country must be an ISO 3166 country code, for example US',
    ]);
  });

  it('a report without its date', async () => {
    const { exitCode, stderr } = await run(['paid', 'lead_1', '--customer', ' cus_1']);

    assert.equal(exitCode, 2);
    assert.match(stderr, /--at must be RFC 3339/);
    assert.match(stderr, /--customer must not begin or end with a space/);
  });

  it('placeholders for a missing id', async () => {
    const paid = await run(['paid', '[object Object]', '--at', '2016-02-25T00:00:00Z', '--customer', 'undefined']);
    const link = await run(['link', 'null', '{{lead_id}}', '--note', 'x']);

    assert.deepEqual([paid.exitCode, link.exitCode], [2, 2]);
    const lines = [paid, link].flatMap(({ stderr }) => stderr.trimEnd().split('\n').slice(1));
    assert.deepEqual(
      lines,
      ['LEAD', '--customer', 'CUSTOMER', 'LEAD'].map(
        (what) => `  ${what} is a placeholder for a missing value, not an id`,
      ),
    );
  });

  it('a date in the future', async () => {
    const { exitCode, stderr } = await run(['trial', 'lead_1', '--at', '2999-01-01T00:00:00Z']);

    assert.equal(exitCode, 2);
    assert.match(stderr, /--at must not be in the future/);
  });

  it('a correction, with all problems at once', async () => {
    const { exitCode, stderr } = await run(['correct', 'lead_1', '--date', 'birth', '--to', 'now']);

    assert.equal(exitCode, 2);
    assert.deepEqual(stderr.trimEnd().split('\n'), [
      'Invalid arguments; nothing was sent:',
      '  --date must be one of lead, trial, paid',
      `  --to must be ${rightForm}`,
      '  --note must say why, in 1 to 1,000 characters',
    ]);
  });

  it('a relink without a customer and a note, and a close without a note', async () => {
    const relink = await run(['relink', 'lead_1']);
    const close = await run(['close', 'lead_1', '--note', ' ']);

    assert.deepEqual([relink.exitCode, close.exitCode], [2, 2]);
    assert.match(relink.stderr, /--customer must be a string.*\n {2}--note must say why/);
    assert.match(close.stderr, /--note must say why/);
  });

  it('an unknown stage and attention code, and lists the valid ones', async () => {
    const { exitCode, stderr } = await run(['list', '--stage', 'dead', '--attention', 'lost']);

    assert.equal(exitCode, 2);
    assert.match(stderr, /Unknown attention code lost\. Valid codes: payer-not-found, /);
    assert.match(stderr, /Unknown stage dead\. Valid stages: lead, trial, paid, proven\./);
  });

  it('a limit that is not a number', async () => {
    assert.equal((await run(['list', '--limit', 'all'])).exitCode, 2);
  });

  it('a retry of many journeys without a prompt or --yes', async () => {
    const { exitCode, stderr } = await run(['retry', '--attention', 'unauthorized']);

    assert.equal(exitCode, 2);
    assert.match(stderr, /^Cannot prompt: pass --yes/);
  });

  it('an import of a missing file, before it asks for --yes', async () => {
    const { exitCode, stderr } = await run(['import', '/nowhere/leads.csv']);

    assert.equal(exitCode, 2);
    assert.equal(stderr, '/nowhere/leads.csv cannot be read: there is no such file.\n');
  });

  it('a retry with neither a lead nor --attention, and with both', async () => {
    const neither = await run(['retry']);
    const both = await run(['retry', 'lead_1', '--attention', 'unauthorized']);

    assert.deepEqual([neither.exitCode, both.exitCode], [2, 2]);
  });

  it('an unknown command and option, and suggests the closest one', async () => {
    const command = await run(['trail', 'lead_1']);
    const option = await run(['lead', 'lead_1', '--att', '2016-01-05T00:00:00Z']);

    assert.deepEqual([command.exitCode, option.exitCode], [2, 2]);
    assert.match(command.stderr, /unknown command 'trail'\n\(Did you mean trial\?\)/);
    assert.match(option.stderr, /unknown option '--att'\n\(Did you mean --at\?\)/);
  });

  it('a missing command, and shows its help', async () => {
    const { exitCode, stdout, stderr } = await run([]);

    assert.equal(exitCode, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /Usage: customer-journey/);
  });

  it('invalid environment variables, with all problems at once', async () => {
    const env = { ...nowhere, JOURNEY_ACCOUNT: 'A B', ATTEMPT_TIMEOUT: '5' };
    const { exitCode, stderr } = await run(['lead', 'lead_1', '--at', '2016-01-05T00:00:00Z'], { env });

    assert.equal(exitCode, 78);
    assert.match(stderr, /JOURNEY_ACCOUNT must be.*\n {2}ATTEMPT_TIMEOUT must be/);
  });

  it('a URL as the address of Temporal', async () => {
    const env = { TEMPORAL_ADDRESS: 'http://localhost:7233' };
    const { exitCode, stderr } = await run(['lead', 'lead_1', '--at', '2016-01-05T00:00:00Z'], { env });

    assert.equal(exitCode, 78);
    assert.equal(
      stderr,
      'Invalid Temporal address: it must be host:port and no URL; set TEMPORAL_ADDRESS=localhost:7233.\n',
    );
  });

  it('an unreachable Temporal: nothing was done, and it is safe to retry', async () => {
    const { exitCode, stderr } = await run(['lead', 'lead_1', '--at', '2016-01-05T00:00:00Z']);

    assert.equal(exitCode, 75);
    assert.match(stderr, /^Temporal cannot be reached at 127\.0\.0\.1:1 .* Nothing was done; it is safe to retry\.\n$/);
  });
});

describe('the command line with --json', () => {
  it('prints errors as one JSON document on stderr', async () => {
    const invalid = await run(['lead', 'lead_1', '--at', 'now', '--json']);
    const usage = await run(['--json', 'trail', 'lead_1']);

    assert.deepEqual(JSON.parse(invalid.stderr), {
      error: {
        code: 'invalid-input',
        message: `Invalid arguments; nothing was sent:\n  --at must be ${rightForm}`,
        problems: [{ pointer: '/occurredAt', message: `--at must be ${rightForm}` }],
      },
    });
    assert.equal(JSON.parse(usage.stderr).error.code, 'usage');
    assert.equal(invalid.stdout + usage.stdout, '');
  });
});

describe('the command line on a terminal', () => {
  const red = '\u001b[31m';

  it('prints errors in red', async () => {
    const { stderr } = await run(['retry'], { isTTY: true });

    assert.ok(stderr.startsWith(red));
  });

  it('uses no colours with NO_COLOR', async () => {
    const { stderr } = await run(['retry'], { isTTY: true, env: { NO_COLOR: '1' } });

    assert.ok(!stderr.includes('\u001b'));
  });

  it('shows help with examples and exit codes', async () => {
    const { exitCode, stdout } = await run(['--help']);
    const paid = await run(['paid', '--help']);
    const imported = await run(['import', '--help']);

    assert.equal(exitCode, 0);
    assert.match(stdout, /Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}75 .*\n {2}78 /);
    assert.deepEqual(
      [...imported.stdout.matchAll(/^ {2}(\d+) {2,}\S/gm)].map(([, code]) => Number(code)),
      Object.values(exitCodes),
    );
    assert.match(stdout, /Examples:\n {2}customer-journey lead /);
    assert.match(paid.stdout, /Without --customer, LEAD must also be the customer id in the billing system/);
  });
});
