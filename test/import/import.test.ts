import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { checkFile } from '../../src/import/check.js';
import { LeadFile } from '../../src/import/lead-file.js';
import { runImport } from '../../src/import/run.js';
import { JourneyNotFoundError, Journeys } from '../../src/starter.js';
import { backfillPriority } from '../../src/workflows/policy.js';
import { run } from '../cli/terminal-stand-in.js';
import { onStage, until } from '../support/journeys.js';
import { importFile, populated } from './importing.js';
import { withFile, wrongRecords } from './leads.js';
import { opened } from './reading.js';

const at = '2016-01-05T00:00:00Z';

describe('an import', () => {
  it(
    'corrects every record, saves the bad lines, and makes no requests when it is run again',
    onStage({ rateLimitPerSecond: 0, maxParallel: 0, worker: { requestsPerSecond: 200 } }, async (stage) => {
      const leads = await populated(stage);
      const payers = [...leads.expected.values()].filter(({ customer }) => customer !== undefined).length;
      const existing = [...leads.expected.keys()].filter((leadId) => leadId.startsWith('old_')).length;

      await withFile(leads.csv, async (path) => {
        const first = await importFile(stage, path, ['--json']);
        const made = stage.requests().length;
        const second = await importFile(stage, path, ['--json']);

        assert.equal(first.exitCode, 0, first.stdout + first.stderr);
        assert.deepEqual(wrongRecords(stage.sandbox, leads), []);
        const rejects = await readFile(path.replace('.csv', '.rejects.csv'), 'utf8');
        const rejected = [...rejects.matchAll(/line (\d+): /g)].map(([, line]) => Number(line));
        assert.deepEqual(rejected, leads.badLines);
        const { result } = JSON.parse(first.stdout);
        const { created, adopted, merged, rest } = result;
        assert.deepEqual([created, adopted, merged], [leads.leads - existing, existing, payers]);
        assert.deepEqual([rest.proven, rest.open], [payers, leads.leads - payers]);

        assert.equal(second.exitCode, 0);
        assert.deepEqual(JSON.parse(second.stdout).result, { ...result, created: 0, adopted: 0, known: leads.good });
        assert.equal(stage.requests().length, made);
      });
    }),
  );

  it(
    'keeps the journeys in progress within the window',
    onStage({}, async ({ server, account }) => {
      const rows = Array.from({ length: 12 }, (_, index) => `lead_${index},${at}`);
      const journeys = new Journeys({ client: server.client, account, priority: backfillPriority });
      const underWay: number[] = [];
      const counts = await withFile(['lead_id,lead_created_at', ...rows].join('\n'), async (path) => {
        const file = await opened(path);
        const checked = await checkFile(file);
        const onProgress = (now: { readonly underWay: number }) => underWay.push(now.underWay);
        return runImport(file, checked, { journeys, window: 3, requestsPerSecond: 40, onProgress });
      });

      assert.equal(counts.rest.open, rows.length);
      assert.equal(Math.max(...underWay), 3);
      const { priority } = await journeys.handle('lead_0').describe();
      assert.equal(priority?.priorityKey, backfillPriority);
    }),
  );

  it(
    'exits with 1 if a journey needs attention, and does not signal it when it is run again',
    onStage({}, async (stage) => {
      stage.sandbox.fault({ route: 'POST /v1/customers', status: 401, times: 1 });
      await withFile(`lead_id,lead_created_at\nlead_1,${at}`, async (path) => {
        const first = await importFile(stage, path);
        const second = await importFile(stage, path);

        assert.deepEqual([first.exitCode, second.exitCode], [1, 1]);
        assert.match(first.stdout, /need attention +1\n[\s\S]*List them with: customer-journey list --attention\n/);
        assert.equal(stage.requests().length, 1);
      });
    }),
  );

  it(
    'joins the lines of one lead, wherever they are in the file',
    onStage({}, async (stage) => {
      stage.sandbox.ingest({ external_id: 'cus_1', paid_at: '2016-02-25T00:00:00Z' });
      const lines = ['lead_id,lead_created_at,billing_customer_id,paid_at', `lead_1,2016-01-07T00:00:00Z,,`];
      lines.push(`lead_1,${at},,`, `lead_2,${at},,`, `lead_1,2016-01-06T00:00:00Z,cus_1,2016-02-25T00:00:00Z`);

      const { exitCode, stdout } = await withFile(lines.join('\n'), (path) => importFile(stage, path, ['--json']));

      assert.equal(exitCode, 0);
      const { result } = JSON.parse(stdout);
      assert.deepEqual(
        [result.lines, result.created, result.merged, result.rest.proven, result.rest.open],
        [4, 2, 1, 1, 1],
      );
      assert.equal((await stage.journeys.view('lead_1')).leadCreatedAt, at);
    }),
  );

  for (const order of ['the later payment first', 'the earlier payment first']) {
    it(
      `merges a lead of two billing customers with the first that paid, with ${order}`,
      onStage({}, async (stage) => {
        const [first, later] = ['2016-02-25T00:00:00Z', '2016-03-25T00:00:00Z'];
        stage.sandbox.ingest({ external_id: 'cus_first', paid_at: first });
        stage.sandbox.ingest({ external_id: 'cus_later', paid_at: later });
        const lines = [`lead_1,${at},cus_later,${later}`, `lead_2,${at},,`, `lead_1,${at},cus_first,${first}`];
        if (order.includes('earlier')) lines.reverse();
        const content = ['lead_id,lead_created_at,billing_customer_id,paid_at', ...lines].join('\n');

        await withFile(content, async (path) => {
          const { exitCode, stdout } = await importFile(stage, path);
          const made = stage.requests().length;
          const again = await importFile(stage, path, ['--json']);

          assert.equal(exitCode, 1, 'an operator decides whether the customers are one person');
          assert.match(stdout, /1 lead has several billing customers; the customer of the earliest payment is used\n/);
          assert.match(stdout, /line 4 names another customer than line 2\n/);
          const view = await stage.journeys.view('lead_1');
          assert.deepEqual([view.billingCustomerId, view.paidAt], ['cus_first', first]);
          assert.equal(view.attention?.code, 'several-customers');
          assert.deepEqual(
            view.notices.map(({ code }) => code),
            ['other-payers'],
          );
          assert.equal(JSON.parse(again.stdout).result.known, 3);
          assert.equal(stage.requests().length, made);
        });
      }),
    );
  }

  it(
    'adds trials and payments to leads that have a journey, and makes no others, if the file has no lead dates',
    onStage({}, async (stage) => {
      const { journeys, sandbox } = stage;
      const paidAt = '2016-02-25T00:00:00Z';
      sandbox.ingest({ external_id: 'cus_1', paid_at: paidAt });
      for (const leadId of ['running', 'closed']) await journeys.leadCreated(leadId, { occurredAt: at });
      for (const leadId of ['running', 'closed']) await until(stage, leadId, (view) => view.customerUuid !== undefined);
      await journeys.close('closed', { note: 'a test' });
      const lines = ['lead_id,paid_at,billing_customer_id', `running,${paidAt},cus_1`];
      lines.push(`closed,${paidAt},cus_2`, `stranger,${paidAt},cus_3`, 'running,,');

      await withFile(lines.join('\n'), async (path) => {
        const { exitCode, stdout } = await importFile(stage, path);
        const { result } = JSON.parse((await importFile(stage, path, ['--json'])).stdout);

        assert.equal(exitCode, 1);
        assert.match(stdout, /no lead_created_at: it only adds to leads that have a journey, and makes none\n/);
        assert.match(stdout, /line 5: the line has neither a trial nor a payment\n/);
        assert.match(
          stdout,
          /Left out, since they have no journey: (closed, stranger|stranger, closed)\nImport these leads with lead_created_at/,
        );
        assert.deepEqual([result.known, result.unknown, result.unknownLeads.sort()], [1, 2, ['closed', 'stranger']]);
      });

      assert.equal((await journeys.handle('running').result()).outcome, 'proven');
      await assert.rejects(journeys.summary('stranger'), JourneyNotFoundError);
      assert.deepEqual(
        sandbox
          .customers()
          .map(({ external_id }) => external_id)
          .sort(),
        ['closed', 'cus_1'],
      );
    }),
  );

  it(
    'makes no record from a quoted name that looks like a lead, and none from a placeholder',
    onStage({}, async (stage) => {
      const forged = `lead_1,2001-01-01T00:00:00Z,cus_victim,2001-01-02T00:00:00Z,x`;
      const lines = [
        'lead_id,lead_created_at,billing_customer_id,paid_at,name',
        `lead_1,${at},NULL,,Ann`,
        `lead_2,${at},,,"Bob\n${forged}\nRoe"`,
        `lead_3,${at},\\N,,NULL`,
        `NULL,${at},,,Cy`,
        `1.2E+10,${at},,,Eve`,
      ];
      const { exitCode } = await withFile(lines.join('\n'), (path) => importFile(stage, path));

      assert.equal(exitCode, 0);
      const records = stage.sandbox
        .customers()
        .map(({ external_id, lead_created_at }) => [external_id, lead_created_at]);
      assert.deepEqual(records.map(([id]) => id).sort(), ['lead_1', 'lead_3']);
      assert.ok(records.every(([, date]) => Date.parse(String(date)) === Date.parse(at)));
    }),
  );

  it(
    'does not change journeys that an operator corrected, relinked or closed',
    onStage({}, async (stage) => {
      const { journeys, sandbox } = stage;
      const paidAt = '2016-02-25T00:00:00Z';
      sandbox.ingest({ external_id: 'cus_right', paid_at: paidAt });
      for (const leadId of ['relinked', 'closed']) await journeys.leadCreated(leadId, { occurredAt: at });
      await until(stage, 'relinked', ({ customerUuid }) => customerUuid !== undefined);
      await journeys.correct('relinked', { date: 'leadCreatedAt', to: '2016-01-08T00:00:00Z', note: 'a test' });
      await journeys.paymentSucceeded('relinked', { occurredAt: paidAt, billingCustomerId: 'cus_wrong' });
      await journeys.relink('relinked', { billingCustomerId: 'cus_right', note: 'a test' });
      await journeys.close('closed', { note: 'a test' });
      await journeys.handle('relinked').result();
      const before = stage.requests().length;

      const lines = `relinked,${at},cus_wrong,${paidAt}\nclosed,${at},,\n`;
      const { exitCode, stdout } = await withFile(
        `lead_id,lead_created_at,billing_customer_id,paid_at\n${lines}`,
        (path) => importFile(stage, path, ['--json']),
      );

      assert.equal(exitCode, 0);
      const { known, rest } = JSON.parse(stdout).result;
      assert.deepEqual([known, rest.proven, rest.closed], [2, 1, 1]);
      assert.equal(stage.requests().length, before);
    }),
  );

  it(
    'fails without a worker, before anything is started',
    onStage({}, async (stage) => {
      const env = { ...stage.env, JOURNEY_ACCOUNT: `${stage.account}-other` };
      const { exitCode, stderr } = await withFile(`lead_id,lead_created_at\nlead_1,${at}`, (path) =>
        run(['import', path, '--yes'], { env }),
      );

      assert.equal(exitCode, 75);
      assert.match(stderr, /No worker is running for account .*; nothing was started\. Start one with/);
    }),
  );

  it('copies standard input to a file, to read it twice', async () => {
    const rules = { map: new Map(), ignoreUnknown: false, allowEmailLeadIds: false, now: Date.now(), delimiter: ',' };
    const file = await LeadFile.open('-', rules, { input: Readable.from([`lead_id,lead_created_at\nlead_1,${at}`]) });

    const checked = await checkFile(file);
    const again: string[] = [];
    for await (const lines of file.lines(checked.columns)) again.push(...lines.map((line) => String(line.line)));
    await file.close();

    assert.equal(checked.leads, 1);
    assert.deepEqual(again, ['2']);
    await assert.rejects(readFile(file.path), /ENOENT/);
  });
});
