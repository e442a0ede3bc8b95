import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { auditId } from '../../src/workflows/audit-messages.js';
import { call, setDatesByHand, unmergeByHand, uuidOf } from '../support/by-hand.js';
import { eventually } from '../support/eventually.js';
import { holdRequest } from '../support/held-requests.js';
import { onStage } from '../support/journeys.js';
import { trigger } from '../support/schedules.js';
import { known, lastOf, leadDate, paidAt, proven, unreported, untilLast } from './auditing.js';
import { run } from './terminal-stand-in.js';

describe('the command audit', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'audit-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it(
    'says that all leads are right, and keeps the report',
    onStage({}, async (stage) => {
      await known(stage, ['lead_1']);
      await proven(stage, 'lead_2');
      const { env } = stage;
      const out = join(folder, 'out.csv');

      const none = await run(['audit', '--last'], { env });
      const audited = await run(['audit', '--out', out], { env });
      const last = await lastOf(stage);
      const again = await run(['audit', '--json'], { env });

      assert.equal(none.exitCode, 1);
      assert.match(
        none.stderr,
        /^No audit of account test-\w+ has finished: Temporal has none, or not any more\. Start/,
      );
      assert.deepEqual([audited.exitCode, audited.stderr], [0, '']);
      assert.match(
        audited.stdout,
        /^All 2 leads are right\.\n {2}audited \S+Z, \d+ requests to ChartMogul, .*\n\nCLASS +LEADS +MEANING\nok +2 +.*\n\n.*out\.csv has no differences\.\n$/,
      );
      assert.match(await readFile(out, 'utf8'), /^lead_id,class,.*,mended,command\r\n$/);
      assert.match(last.stdout, /^All 2 leads are right\.\n/);
      const { isAllWell, leads, counts, differences, workflowId } = JSON.parse(again.stdout);
      assert.deepEqual([isAllWell, leads, counts, differences], [true, 2, { ok: 2 }, 0]);
      assert.equal(workflowId, auditId(stage.account));
    }),
  );

  it(
    'lists the differences, mends with --fix what a journey can mend, and writes all to a file',
    onStage({}, async (stage) => {
      const { env } = stage;
      await known(stage, ['lead_1', 'lead_2', 'lead_3']);
      await proven(stage, 'lead_4');
      assert.equal((await run(['audit'], { env })).exitCode, 0);
      await untilLast(stage, 0);
      await setDatesByHand(stage, 'lead_1', { lead_created_at: paidAt });
      await call(stage, 'DELETE', `/v1/customers/${uuidOf(stage, 'lead_2')}`);
      await unmergeByHand(stage, 'lead_4');
      const formula = '=1+1,"x"';
      for (const id of [formula, 'ann@example.com']) await unreported(stage, id);
      const out = join(folder, 'out.csv');

      const found = await run(['audit'], { env });
      await untilLast(stage, 5);
      const attention = await run(['list', '--attention'], { env });
      const asJson = JSON.parse((await run(['list', '--attention', '--json'], { env })).stdout);
      const fixed = await run(['audit', '--fix', '--out', out], { env });
      const rows: Record<string, string>[] = parse(await readFile(out), { columns: true });
      await untilLast(stage, 3);
      const again = await run(['audit', '--json'], { env });

      assert.equal(found.exitCode, 1, found.stderr);
      assert.match(found.stdout, /^3 of 4 leads are not right, and 2 records are unknown\.\n/);
      assert.match(found.stdout, / {2}5 more than the audit before, which found 0\n/);
      const dates = `expected  lead ${leadDate}, trial none\n    actual    lead ${paidAt}, trial none\n`;
      assert.ok(found.stdout.includes(`  customer-journey audit --fix mends these\n  lead_1\n`), found.stdout);
      assert.ok(found.stdout.includes(dates), found.stdout);
      assert.ok(found.stdout.includes('  lead_2\n    command   customer-journey retry lead_2 --recreate\n'));
      assert.ok(!found.stdout.includes('ann@'), 'an e-mail address');
      assert.match(found.stdout, /\nIds that are e-mail addresses are redacted; --out FILE has them\.\n$/);
      assert.match(
        attention.stdout,
        /\nThe last audit found more differences .*; see customer-journey audit --last\n$/,
      );
      assert.equal(asJson.auditDifferences, true);

      assert.equal(fixed.exitCode, 1, fixed.stderr);
      assert.match(
        fixed.stdout,
        /^1 of 4 leads is not right, and 2 records are unknown\.\n {2}audited .*\n {2}2 fewer than/,
      );
      assert.match(fixed.stdout, /\nRestarted 2 journeys: 2 mended\.\n/);
      assert.ok(!found.stdout.includes('mended '), found.stdout);
      for (const id of ['lead_1', 'lead_4']) assert.ok(fixed.stdout.includes(`  ${id}\n    mended    yes\n`), id);
      assert.ok(fixed.stdout.includes('  lead_2\n    command '), fixed.stdout);
      const shown = rows.map((row) => [row.lead_id, row.class, row.mended] as const).sort();
      assert.deepEqual(shown, [
        [`'${formula}`, 'unknown', ''],
        ['ann@example.com', 'unknown', ''],
        ['lead_1', 'dates-differ', 'yes'],
        ['lead_2', 'missing', ''],
        ['lead_4', 'unmerged', 'yes'],
      ]);
      const row = rows.find(({ lead_id: leadId }) => leadId === 'lead_1');
      assert.deepEqual([row?.expected_lead_created_at, row?.actual_lead_created_at], [leadDate, paidAt]);
      assert.deepEqual(await readdir(folder), ['out.csv']);
      assert.equal(again.exitCode, 1);
      assert.ok(!again.stdout.includes('ann@'), 'an e-mail address');
      const { counts, differences, before } = JSON.parse(again.stdout);
      assert.deepEqual([counts, differences, before], [{ ok: 3, missing: 1, unknown: 2 }, 3, 3]);
    }),
  ).timeout('3 minutes');

  it(
    'also audits the leads of a file, with the options of the import',
    onStage({}, async (stage) => {
      const { env } = stage;
      await known(stage, ['lead_1']);
      const file = join(folder, 'leads.csv');
      await writeFile(file, 'id,lead_created_at\nlead_1,2016-01-05\nforgotten,2016-01-05\nforgotten,2016-01-04\n');
      const options = ['--map', 'id=lead_id', '--time-zone', 'UTC'];

      const refused = await run(['audit', file, ...options.slice(0, 2)], { env });
      const audited = await run(['audit', file, ...options, '--json'], { env });

      assert.equal(refused.exitCode, 2);
      assert.match(
        refused.stderr,
        /^3 lines: lead_created_at .*: 2, 3, 4\nNothing was started: 3 lines cannot be read\. Fix them, or pass --skip-bad .* copied to/,
      );
      assert.equal(audited.exitCode, 1, audited.stderr);
      const { leads, counts, examples } = JSON.parse(audited.stdout);
      assert.deepEqual([leads, counts], [2, { ok: 1, missing: 1 }]);
      assert.deepEqual(examples, [{ leadId: 'forgotten', class: 'missing', command: 'customer-journey import FILE' }]);
    }),
  );

  it(
    'lets the workers audit in an interval, and shows the last audit and a later one without a result',
    onStage({}, async (stage) => {
      const { client } = stage.server;
      const { env } = stage;
      await known(stage, ['lead_1']);
      const id = auditId(stage.account);

      const created = await run(['audit', '--every', '1d', '--fix'], { env });
      try {
        const { spec, policies, action } = await client.schedule.getHandle(id).describe();
        const first = await trigger(client, id);
        await first.result();
        const last = await lastOf(stage, first.workflowId);
        const held = await holdRequest(stage, 'GET /v1/invoices');
        const second = await trigger(client, id);
        await held.arrived;
        await second.terminate();
        const later = await eventually(async () => {
          const said = await run(['audit', '--last'], { env });
          return said.stdout.includes('terminated') && said;
        });

        assert.match(
          created.stdout,
          /^The workers audit all leads and fix what they can every 1d \(schedule audit\/test-/,
        );
        assert.deepEqual([spec.intervals?.[0]?.every, policies.overlap], [24 * 3_600_000, 'SKIP']);
        assert.deepEqual('args' in action && action.args, [{ account: stage.account, fix: true }]);
        assert.match(last.stdout, /^The 1 lead is right\.\n/);
        assert.equal(later.exitCode, 1);
        assert.match(later.stdout, /\n\nLater: the audit of \S+Z has no result: terminated\.\n$/);
      } finally {
        const off = await run(['audit', '--every', 'off', '--json'], { env });
        assert.deepEqual(JSON.parse(off.stdout), { scheduleId: id, did: 'deleted' });
      }
    }),
  );

  it(
    'starts nothing without a worker',
    onStage({}, async (stage) => {
      const env = { ...stage.env, JOURNEY_ACCOUNT: `${stage.account}-2` };

      const { exitCode, stderr } = await run(['audit'], { env });

      assert.equal(exitCode, 75);
      assert.match(
        stderr,
        /^No worker is running for account \S+ \(no worker polls chartmogul\/\S+\); nothing was started/,
      );
    }),
  );

  const wrong: [args: string[], said: RegExp][] = [
    [['--every', '5m'], /^--every must be between 1 hour and 30 days, or "off"\.\n$/],
    [['--every', 'daily'], /^--every must be a duration with a unit/],
    [['--every', '1d', '--out', 'x.csv'], /^--every takes only --fix\.\n$/],
    [['leads.csv', '--every', '1d'], /^--every takes only --fix\.\n$/],
    [['--last', '--fix'], /^--last starts no audit: it takes only --out\.\n$/],
    [['--map', 'id=lead_id'], /^The options for reading a file need a FILE\.\n$/],
    [['/nowhere/leads.csv'], /^\/nowhere\/leads\.csv cannot be read: there is no such file\.\n$/],
    [['--out', '/nowhere/out.csv'], /^--out \/nowhere\/out\.csv cannot be written: its folder does not exist/],
    [['--out', '/'], /^--out \/ is a directory: pass the name of a file\.\n$/],
    [['one.csv', 'two.csv'], /too many arguments/],
  ];
  for (const [args, said] of wrong) {
    it(`refuses ${args.join(' ')}`, async () => {
      const { exitCode, stdout, stderr } = await run(['audit', ...args]);

      assert.deepEqual([exitCode, stdout], [2, '']);
      assert.match(stderr, said);
    });
  }
});
