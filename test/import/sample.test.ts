import assert from 'node:assert/strict';
import { run } from '../cli/terminal-stand-in.js';
import { withFile } from './leads.js';

const header = 'lead_id,lead_created_at,trial_started_at,paid_at,billing_customer_id,name';

describe('the sample of an import preview', () => {
  it('shows the dates of a lead in the time zone and in UTC', async () => {
    const content = `${header}\nlead_1,2016-01-05 09:12,2016-07-10 00:30,2016-08-25 10:30,cus_1,Ann`;
    const { stdout } = await withFile(content, (path) =>
      run(['import', path, '--dry-run', '--time-zone', 'Europe/Berlin']),
    );

    const shown = stdout.slice(stdout.indexOf('  the lead'), stdout.indexOf('  about'));
    assert.equal(
      shown,
      [
        '  the lead, as ChartMogul will have it:',
        '    lead_1',
        '      lead created   2016-01-05 09:12:00 Europe/Berlin  2016-01-05T08:12:00Z',
        '      trial started  2016-07-10 00:30:00 Europe/Berlin  2016-07-09T22:30:00Z',
        '      first payment  2016-08-25 10:30:00 Europe/Berlin  2016-08-25T08:30:00Z',
        '      customer       cus_1',
        '',
      ].join('\n'),
    );
  });

  it('shows only UTC without a time zone, and what a lead does not have', async () => {
    const content = `${header}\nlead_1,2016-01-05T09:12:00+01:00,,,,Ann\nlead_2,2016-01-05T09:12:00Z,,,,`;
    const { stdout } = await withFile(content, (path) => run(['import', path, '--dry-run']));

    assert.match(stdout, / {2}the leads, as ChartMogul will have them:\n {4}lead_1\n/);
    assert.match(stdout, / {6}lead created {3}2016-01-05T08:12:00Z\n {6}trial started {2}none\n/);
    assert.match(stdout, / {6}first payment {2}none\n {6}customer {7}none\n {4}lead_2\n/);
    assert.doesNotMatch(stdout, /Ann/);
  });

  it('has the first five leads, with what later lines say about them', async () => {
    const lines = [
      ...Array.from({ length: 3_000 }, (_, index) => `lead_${index},2016-01-05T00:00:00Z,,,,`),
      'lead_1,2016-01-04T00:00:00Z,,2016-02-27T00:00:00Z,cus_late,',
      'lead_1,2016-01-06T00:00:00Z,,2016-02-25T00:00:00Z,cus_first,',
    ];
    await withFile([header, ...lines].join('\n'), async (path) => {
      const { stdout } = await run(['import', path, '--dry-run']);
      const args = ['--json', '--time-zone', 'America/New_York'];
      const { preview } = JSON.parse((await run(['import', path, '--dry-run', ...args])).stdout);

      assert.match(stdout, / {2}the first 5 leads, as ChartMogul will have them:\n {4}lead_0\n/);
      assert.match(stdout, / {4}lead_4\n/);
      assert.doesNotMatch(stdout, /lead_5\n/);
      assert.equal(preview.sample.length, 5);
      assert.deepEqual(preview.sample[1], {
        leadId: 'lead_1',
        line: 3,
        leadCreatedAt: '2016-01-04T00:00:00Z',
        paidAt: '2016-02-25T00:00:00Z',
        billingCustomerId: 'cus_first',
        local: {
          timeZone: 'America/New_York',
          leadCreatedAt: '2016-01-03 19:00:00',
          paidAt: '2016-02-24 19:00:00',
        },
      });
    });
  });

  it('follows the rules of a journey: a trial dates the lead, and a trial after the payment does not count', async () => {
    const lines = [
      'a,2016-02-01T00:00:00Z,2016-01-05T00:00:00Z,,,',
      'b,2016-01-05T00:00:00Z,2016-03-01T00:00:00Z,2016-02-01T00:00:00Z,,',
    ];
    const { stdout } = await withFile([header, ...lines].join('\n'), (path) =>
      run(['import', path, '--dry-run', '--json']),
    );

    assert.deepEqual(JSON.parse(stdout).preview.sample, [
      { leadId: 'a', line: 2, leadCreatedAt: '2016-01-05T00:00:00Z', trialStartedAt: '2016-01-05T00:00:00Z' },
      {
        ...{ leadId: 'b', line: 3, leadCreatedAt: '2016-01-05T00:00:00Z', paidAt: '2016-02-01T00:00:00Z' },
        billingCustomerId: 'b',
      },
    ]);
  });

  it('is shown before the prompt, and not for a file without leads', async () => {
    let before = '';
    const said: string[] = [];
    const confirm = async () => {
      before = said.join('');
      return false;
    };
    const stdout = { isTTY: false, write: (text: string) => said.push(text) };
    await withFile(`${header}\nlead_1,2016-01-05T00:00:00Z,,,,`, (path) => run(['import', path], { confirm, stdout }));
    const empty = await withFile(header, (path) => run(['import', path, '--dry-run']));

    assert.match(before, /the lead, as ChartMogul will have it:/);
    assert.doesNotMatch(empty.stdout, /as ChartMogul/);
  });
});
