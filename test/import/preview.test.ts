import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { run } from '../cli/terminal-stand-in.js';
import { withFile } from './leads.js';

const header = 'lead_id,lead_created_at,billing_customer_id,paid_at,country';
const at = '2016-01-05T00:00:00Z';
const paidAt = '2016-02-25T00:00:00Z';
const good = [header, `lead_1,${at},,,`, `lead_2,${at},cus_2,${paidAt},US`];
const bad = [`lead_3,${at},,2016-02-30T00:00:00Z,`, 'lead_4,"2016"x,,,', `lead_5,,,,DE`];

/** No Temporal server runs in these tests, so nothing can be started. */
describe('an import preview', () => {
  it('shows counts, warnings and an estimate, without Temporal', async () => {
    const lines = [...good, `lead_1,${at},,,`, `lead_2,${at},cus_9,${paidAt},`, `lead_6,${at},,2016-01-01T00:00:00Z,`];
    const { exitCode, stdout } = await withFile(lines.join('\n'), (path) => run(['import', path, '--dry-run']));

    assert.equal(exitCode, 0);
    assert.match(stdout, /leads\.csv: 5 lines\n {2}3 leads, 2 with a billing customer\n/);
    assert.match(stdout, /2 lines repeat a lead, 1 with other dates or customers: the earliest dates are used\n/);
    assert.match(stdout, /line 5 repeats line 3, with other dates or customers\n/);
    assert.match(stdout, /1 line with dates that are not in the order lead, trial, payment; .*: 6\n/);
    assert.match(stdout, /about 13 to 15 requests to ChartMogul, 1 second at 36 a second/);
  });

  it('shows examples of lines that repeat a lead, those with other facts first', async () => {
    const many = Array.from({ length: 2_000 }, (_, index) => `lead_${index},${at},,,`);
    const late = `lead_7,${paidAt},,,`;
    const content = [header, ...many, ...many.slice(100), late].join('\n');
    const { stdout } = await withFile(content, (path) => run(['import', path, '--dry-run', '--json']));

    const { count, different, examples } = JSON.parse(stdout).preview.repeats;
    assert.deepEqual([count, different], [1_901, 1]);
    assert.deepEqual(examples.slice(0, 3), [
      { line: 3_902, of: 9, isSame: false },
      { line: 2_002, of: 102, isSame: true },
      { line: 2_003, of: 103, isSame: true },
    ]);
  });

  it('shows lines that share a billing customer, a sign of a wrong join', async () => {
    const columns = 'lead_id,lead_created_at,billing_customer_id,paid_at';
    const lines = [
      ['lead_1', 'cus_1'],
      ['lead_2', 'cus_2'],
      ['lead_3', 'cus_1'],
      ['lead_1', 'cus_1'],
    ].map(([lead, customer]) => `${lead},${at},${customer},${paidAt}`);
    await withFile([columns, ...lines].join('\n'), async (path) => {
      const { stdout } = await run(['import', path, '--dry-run']);
      const { preview } = JSON.parse((await run(['import', path, '--dry-run', '--json'])).stdout);

      assert.match(
        stdout,
        / {2}1 line names the billing customer of another lead; .*\n {4}line 4 names the same customer as line 2\n/,
      );
      assert.deepEqual(preview.sharedCustomers, { count: 1, examples: [{ line: 4, of: 2, isSame: false }] });
    });
  });

  it('estimates with the configured rate limit', async () => {
    const env = { CHARTMOGUL_REQUESTS_PER_SECOND: '1' };
    const { stdout } = await withFile(good.join('\n'), (path) => run(['import', path, '--dry-run', '--json'], { env }));

    const { preview } = JSON.parse(stdout);
    assert.deepEqual(preview.requests, { least: 7, most: 8 });
    assert.equal(preview.seconds, 8);
    assert.equal(preview.payingLeads, 1);
  });

  it('rejects a file with bad lines, and shows their numbers, reasons and copy', async () => {
    await withFile([...good, ...bad].join('\n'), async (path) => {
      const { exitCode, stdout, stderr } = await run(['import', path, '--yes']);

      assert.equal(exitCode, 2);
      assert.match(stdout, /3 lines are invalid: they were copied with their reasons to .*leads\.rejects\.csv\n/);
      assert.match(
        stdout,
        / {4}line 4: paid_at is not a date: February 2016 has no day 30\n {4}line 5: has a quote in the wrong place\n/,
      );
      assert.match(stdout, / {4}line 6: lead_created_at is missing\n/);
      assert.match(stderr, /^Nothing was started: 3 lines cannot be imported\. Fix them, or pass --skip-bad/);
    });
  });

  it('copies bad lines with a reason column, and accepts the fixed copy', async () => {
    await withFile([...good, ...bad].join('\n'), async (path) => {
      await run(['import', path, '--dry-run']);
      const rejectsPath = path.replace('.csv', '.rejects.csv');
      const [titles, ...rejects] = (await readFile(rejectsPath, 'utf8')).trimEnd().split('\n');

      assert.equal(titles, `rejected_because,${header}`);
      assert.equal(
        rejects[0],
        `"line 4: paid_at is not a date: February 2016 has no day 30",lead_3,${at},,2016-02-30T00:00:00Z,`,
      );
      assert.equal(rejects[1], '"line 5: has a quote in the wrong place",lead_4,"2016"x,,,');
      const mended = [titles, rejects[0]?.replace('02-30T', '02-29T'), rejects[2]].join('\n');
      await writeFile(rejectsPath, mended);
      const again = await run(['import', rejectsPath, '--dry-run', '--json']);
      const { preview } = JSON.parse(again.stdout);
      assert.deepEqual([preview.good, preview.bad, again.exitCode], [1, 1, 2]);
      assert.match(preview.rejects, /leads\.rejects\.rejects\.csv$/);
      assert.match(await readFile(preview.rejects, 'utf8'), /^"line 3: lead_created_at is missing",lead_5,,,,DE$/m);
    });
  });

  it('never overwrites a copy that may have been edited', async () => {
    await withFile([...good, ...bad].join('\n'), async (path) => {
      await run(['import', path, '--dry-run']);
      await run(['import', path, '--dry-run']);
      await writeFile(path.replace('.csv', '.rejects.csv'), 'half mended');
      await run(['import', path, '--dry-run']);

      const files = await readdir(dirname(path));
      assert.deepEqual(files.sort(), ['leads.csv', 'leads.rejects.2.csv', 'leads.rejects.csv']);
      assert.equal(await readFile(path.replace('.csv', '.rejects.csv'), 'utf8'), 'half mended');
    });
  });

  it('prompts on a terminal, and starts nothing after a no', async () => {
    const questions: string[] = [];
    const confirm = async (question: string) => {
      questions.push(question);
      return false;
    };
    const { exitCode, stdout } = await withFile(good.join('\n'), (path) => run(['import', path], { confirm }));

    assert.deepEqual(questions, ['Start 2 journeys?']);
    assert.equal(exitCode, 0);
    assert.match(stdout, /Nothing was started\.\n$/);
  });

  it('fails at once without a prompt or --yes', async () => {
    const { exitCode, stderr } = await withFile('not read', (path) => run(['import', path]));

    assert.equal(exitCode, 2);
    assert.match(stderr, /^Cannot prompt: pass --yes to import, or --dry-run/);
  });

  it('rejects unknown columns, or ignores them with --ignore-unknown', async () => {
    const content = `lead_id,lead_created_at,plan\nlead_1,${at},pro`;
    await withFile(content, async (path) => {
      const refused = await run(['import', path, '--dry-run']);
      const taken = await run(['import', path, '--dry-run', '--ignore-unknown']);

      assert.equal(refused.exitCode, 2);
      assert.match(
        refused.stderr,
        /Unknown columns: plan\. Valid columns: lead_id, .*--map their=ours or --ignore-unknown/,
      );
      assert.equal(taken.exitCode, 0);
      assert.match(taken.stdout, /columns ignored: plan\n/);
    });
  });

  it('shows local times that were skipped or repeated', async () => {
    const content = 'lead_id,lead_created_at\na,2016-03-27 02:30\nb,2016-10-30 02:30\nc,2016-03-28';
    const args = ['--dry-run', '--time-zone', 'Europe/Berlin'];
    const { exitCode, stdout } = await withFile(content, (path) => run(['import', path, ...args]));

    assert.equal(exitCode, 0);
    assert.match(stdout, /1 line with a local time that a clock change skipped; .*: 2\n/);
    assert.match(stdout, /1 line with a local time that occurs twice because of a clock change; .*: 3\n/);
  });

  it('rejects invalid options, missing files, and files without leads', async () => {
    for (const [args, message] of [
      [['--window', '0'], /--window must be a whole number/],
      [['--delimiter', 'ab'], /--delimiter must be one character/],
      [['--map', 'id=leadId'], /Invalid --map id=leadId: use their=ours/],
      [['--time-zone', 'Berlin'], /Unknown time zone Berlin/],
      [[], /Nothing was started: the file contains no leads/],
    ] as const) {
      const { exitCode, stderr } = await withFile(header, (path) => run(['import', path, '--yes', ...args]));

      assert.equal(exitCode, 2);
      assert.match(stderr, message);
    }
    const missing = await run(['import', '/nowhere/leads.csv', '--yes']);
    assert.equal(missing.exitCode, 2);
  });
});
