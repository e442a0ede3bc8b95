import assert from 'node:assert/strict';
import { run } from '../cli/terminal-stand-in.js';
import { withFile } from './leads.js';
import { reading, told } from './reading.js';

const at = '2016-01-05T00:00:00Z';
const paidAt = '2016-02-25T00:00:00Z';
const header = 'lead_id,lead_created_at,trial_started_at,billing_customer_id,paid_at,name,country';
const placeholders = [
  'NULL',
  'null',
  '\\N',
  'None',
  'NaN',
  'nan',
  '#N/A',
  'n/a',
  '-',
  '(null)',
  '<NULL>',
  'undefined',
  '""""""',
];

describe('a placeholder for a missing value', () => {
  for (const text of placeholders) {
    it(`is empty in optional columns, and refused as a lead id: ${text}`, async () => {
      const [good, bad] = await reading(`${header}\nlead_1,${at},${text},${text},${text},,\n${text},${at},,,,,`);

      assert.ok(good?.isGood);
      assert.deepEqual(good.reports, { leadCreated: { occurredAt: at } });
      assert.deepEqual(good.remarks, ['placeholder']);
      assert.deepEqual(told(bad ? [bad] : []), ['3: lead_id is a placeholder for a missing value, for example NULL']);
    });
  }

  it('can be a date of zeros, and a text of --null', async () => {
    const zeros = ['0', '0000-00-00', '0000-00-00 00:00:00'].map((text, index) => `lead_${index},${at},${text},,,,`);
    const lines = await reading([header, ...zeros, `lead_9,${at},,none yet,,none yet,`].join('\n'), {
      nulls: new Set(['none yet']),
    });

    assert.deepEqual(
      lines.map((line) => line.isGood && line.reports),
      lines.map(() => ({ leadCreated: { occurredAt: at } })),
    );
  });

  it('is kept where it could be meant, with a remark: names, and Namibia', async () => {
    const lines = await reading(`${header}\na,${at},,,,None,NA\nb,${at},,,,Null,\nc,${at},,,,NULL,`);

    assert.deepEqual(
      lines.map((line) => line.isGood && line.reports.leadCreated?.profile),
      [{ name: 'None', country: 'NA' }, { name: 'Null' }, undefined],
    );
    assert.deepEqual(
      lines.map((line) => line.isGood && line.remarks),
      [['perhaps-placeholder'], ['perhaps-placeholder'], ['placeholder']],
    );
  });

  it('never makes two leads share a billing customer', async () => {
    const lines = [`a,${at},,NULL,${paidAt},,`, `b,${at},,NULL,${paidAt},,`];
    await withFile([header, ...lines].join('\n'), async (path) => {
      const { stdout } = await run(['import', path, '--dry-run', '--null', 'x']);

      assert.match(stdout, /2 lines with a placeholder for a missing value, .* read as empty: 2, 3\n/);
      assert.match(stdout, /2 lines with a payment but no billing customer; .* is then the lead id: 2, 3\n/);
      assert.doesNotMatch(stdout, /billing customer of another lead/);
    });
  });
});

describe('an id in a file', () => {
  it('must fit into a workflow id of its account', async () => {
    const long = 'x'.repeat(240);
    const rows = [`${long},${at},,,,,`, `lead_1,${at},,${long},${paidAt},,`, `${long.slice(1)},${at},,,,,`];
    const content = [header, ...rows].join('\n');
    const tooLong = 'must not have more than 239 characters, because its workflow id cannot have more than 255';

    assert.deepEqual(told(await reading(content)), [
      `2: lead_id ${tooLong}`,
      `3: billing_customer_id ${tooLong}`,
      `4: ${long.slice(1)}`,
    ]);
    assert.match(told(await reading(content, { account: 'second-company' }))[2] ?? '', /more than 232 characters/);
  });

  for (const [id, problem] of [
    ['1.2E+10', /is a number in scientific notation, so digits are lost; export the ids as text/],
    ['"1,2E+10"', /is a number in scientific notation/],
    ['9.91214e+15', /is a number in scientific notation/],
    ['123.0', /is a number with a decimal point; export/],
    ['"=""00123"""', /begins with =, as a formula; export/],
    ["'00124", /begins with ', which spreadsheets use/],
    ['####', /consists of #/],
    ['L1 ', /ends with a space \(U\+0020\)$/],
    ['\u00a0L2', /begins with a no-break space \(U\+00A0\)$/],
    ['L3\u200b', /contains a zero-width space \(U\+200B\), which is invisible$/],
    ['\ufeffL4', /begins with a byte order mark \(U\+FEFF\)$/],
    ['L\u202e5', /contains U\+202E, which is invisible$/],
    ['L\u00a06', /contains a no-break space \(U\+00A0\), which is invisible$/],
  ] as const) {
    it(`is refused if a spreadsheet or a page damaged it: ${JSON.stringify(id)}`, async () => {
      const [ofLead, ofCustomer] = told(await reading(`${header}\n${id},${at},,,,,\na,${at},,${id},${paidAt},,`));

      assert.match(ofLead ?? '', problem);
      assert.match(ofLead ?? '', /^2: lead_id /);
      assert.match(ofCustomer ?? '', problem);
      assert.match(ofCustomer ?? '', /^3: billing_customer_id /);
    });
  }

  it('may have the forms of other programs', async () => {
    const ids = ['12345e67', '1e5', 'L 5', '007', '1.2.0', 'a-b', "o'neil", 'Null Island', 'ÄÖ', '3f2a-1'];
    const lines = await reading([header, ...ids.map((id) => `${id},${at},,,,,`)].join('\n'));

    assert.deepEqual(
      told(lines),
      ids.map((id, index) => `${index + 2}: ${id}`),
    );
  });

  it('is not that of a row of totals', async () => {
    assert.deepEqual(told(await reading(`${header}\nTotal,,,,,12,`)), ['2: looks like a row of totals; delete it']);
  });
});

describe('a date in a file', () => {
  it('may have spaces of every kind around and in it', async () => {
    const lines = await reading(`${header}\na,${at} ,,,,,\nb,\u00a02016-01-05\u00a000:00:00Z\t,,,,,`);

    assert.deepEqual(
      lines.map((line) => line.isGood && line.facts.leadCreatedAt),
      [at, at],
    );
  });

  it('that is not in the calendar is told as such', async () => {
    const lines = await reading(`${header}\na,2016-02-30T00:00:00Z,,,,,\nb,2015-02-29,,,,,\nc,2016-13-01 00:00Z,,,,,`);

    assert.deepEqual(told(lines), [
      '2: lead_created_at is not a date: February 2016 has no day 30',
      '3: lead_created_at is not a date: February 2015 has no day 29',
      '4: lead_created_at has month 13, which does not exist',
    ]);
  });
});
