import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { FileRefusedError } from '../../src/import/file-refused.js';
import type { LeadLine } from '../../src/import/lead-line.js';
import { withFile } from './leads.js';
import { opened, reading, told } from './reading.js';

const header = 'lead_id,lead_created_at,name';
const at = '2016-01-05T00:00:00Z';

describe('a lead file', () => {
  it('may have a byte order mark, CRLF, blank lines, quotes, and no final line break', async () => {
    const lines = await reading(`\ufeff${header}\r\n\r\nlead_1,${at},"Adam ""A"" Smith, Jr."\r\nlead_2,${at},Béla`);

    assert.deepEqual(told(lines), ['3: lead_1', '4: lead_2']);
    const [adam, bela] = lines.map((line) => line.isGood && line.reports.leadCreated?.profile?.name);
    assert.deepEqual([adam, bela], ['Adam "A" Smith, Jr.', 'Béla']);
  });

  it('yields one report per fact of a line, with the billing customer on trial and payment', async () => {
    const all = 'lead_id,lead_created_at,trial_started_at,billing_customer_id,paid_at,email,country';
    const [line] = await reading(`${all}\nlead_1,${at},2016-02-10T05:15:10Z,cus_1,2016-02-25T00:00:00Z,a@b.example,US`);

    assert.deepEqual(line?.isGood && line.reports, {
      leadCreated: { occurredAt: at, profile: { email: 'a@b.example', country: 'US' } },
      trialStarted: { occurredAt: '2016-02-10T05:15:10Z', billingCustomerId: 'cus_1' },
      paymentSucceeded: { occurredAt: '2016-02-25T00:00:00Z', billingCustomerId: 'cus_1' },
    });
  });

  it('may have other column names, any column order, and another delimiter', async () => {
    const maps = ['id=lead_id', 'created=lead_created_at', 'email='];
    const lines = await reading(`created;email;id\n${at};nonsense;lead_1`, { maps, delimiter: ';' });

    assert.deepEqual(told(lines), ['2: lead_1']);
  });

  it('reports every problem by its own column names, without the values', async () => {
    const content = `id,lead_created_at,paid_at,country\nadam@smith.example,1999-01-01T00:00:00Z,2016-02-30T00:00:00Z,us`;
    const [line] = told(await reading(content, { maps: ['id=lead_id'] }));

    assert.match(line ?? '', /^2: id looks like an e-mail address.*; lead_created_at must not be before 2000/);
    assert.match(line ?? '', /; country must be an ISO 3166.*; paid_at must be RFC 3339/);
    assert.doesNotMatch(line ?? '', /adam|1999|02-30|us$/);
  });

  it('refuses placeholders for a missing id, of the lead and of the customer', async () => {
    const content = `lead_id,lead_created_at,paid_at,billing_customer_id\nundefined,${at},,\nlead_1,${at},${at},NULL`;

    assert.deepEqual(told(await reading(content)), [
      '2: lead_id is a placeholder for a missing value, not an id',
      '3: billing_customer_id is a placeholder for a missing value, not an id',
    ]);
  });

  it('isolates a line with an unclosed quote from the lines after it', async () => {
    const lines = await reading(`${header}\nlead_1,${at},"open\nlead_2,${at},a\nlead_3,${at},open"\nlead_4,${at},b`);

    assert.deepEqual(told(lines), [
      '2: opens a quote that is not closed in the same line',
      '3: lead_2',
      '4: opens a quote that is not closed in the same line',
      '5: lead_4',
    ]);
  });

  it('may have line breaks in columns that are not imported', async () => {
    const content = `${header},note\nlead_1,${at},a,"two\n\nlines"\nlead_2,${at},b,one`;

    assert.deepEqual(told(await reading(content, { ignoreUnknown: true })), ['2: lead_1', '5: lead_2']);
  });

  it('reports the lines that are not UTF-8 or too long', async () => {
    const latin = Buffer.from(`lead_2,${at},B\u00e9la\n`, 'latin1');
    const long = Buffer.from(`lead_3,${at},${'x'.repeat(2_000_000)}\n`);
    const lines = Buffer.from(`${header}\nlead_1,${at},a\n`);
    const read = await reading(Buffer.concat([lines, latin, long, Buffer.from(`lead_4,${at},b`)]));

    assert.deepEqual(told(read), ['2: lead_1', '3: is not UTF-8', '4: is longer than 1 MB', '5: lead_4']);
  });

  it('reports lines with too few and too many fields', async () => {
    const lines = told(await reading(`${header}\nlead_1\nlead_2,${at},a,b`));

    assert.deepEqual(lines, ['2: has 1 field, but the header has 3', '3: has 4 fields, but the header has 3']);
  });

  it('yields remarks for dates out of order and a customer without a payment', async () => {
    const all = 'lead_id,lead_created_at,trial_started_at,billing_customer_id,paid_at';
    const lines = await reading(
      `${all}\na,${at},2015-01-01T00:00:00Z,,\nb,${at},,cus_1,2015-01-01T00:00:00Z\nc,${at},,cus_2,\nd,${at},,,`,
    );

    const remarks = lines.map((line) => line.isGood && line.remarks);
    assert.deepEqual(remarks, [['dates-contradict'], ['dates-contradict'], ['unused-customer'], []]);
  });

  it('is rejected for missing, duplicate and unknown columns, with all problems at once', async () => {
    await assert.rejects(reading('lead_id,lead_id,plan\nx,y,z', { maps: ['none=name'] }), (error: Error) => {
      assert.ok(error instanceof FileRefusedError);
      assert.match(error.message, /Duplicate column lead_id\./);
      assert.match(error.message, /--map names a missing column: none\./);
      assert.match(error.message, /Missing column lead_created_at\./);
      assert.match(error.message, /Unknown columns: plan\. Valid columns: lead_id, /);
      return true;
    });
  });

  it('is rejected if it has no leads, with an error that says what to do', async () => {
    await assert.rejects(reading(''), /The file is empty/);
    await assert.rejects(reading('lead_id;lead_created_at'), /separated by ;: pass --delimiter/);
    await assert.rejects(reading(Buffer.from('\ufefflead_id', 'utf16le')), /is UTF-16\. Save it as UTF-8/);
    await assert.rejects(opened('/nowhere/leads.csv'), /\/nowhere\/leads\.csv cannot be read/);
    await assert.rejects(opened('test'), /test is a directory: pass a CSV file/);
  });

  it('is rejected if it changed after it was opened', async () => {
    await withFile(`${header}\nlead_1,${at},a\n`, async (path) => {
      const file = await opened(path);
      await appendFile(path, `lead_2,${at},b\n`);

      await assert.rejects(async () => {
        for await (const _ of file.lines(await file.columns()));
      }, /changed during the import/);
      await file.close();
    });
  });

  it('is rejected as soon as it changes while it is read', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) => `lead_${index},${at},a`);
    await withFile([header, ...many].join('\n'), async (path) => {
      const file = await opened(path);
      const batches = file.lines(await file.columns());
      await batches.next();
      await appendFile(path, '\n');

      await assert.rejects(batches.next(), /changed during the import/);
      await file.close();
    });
  });

  it('may be a named pipe, which is copied to be read twice', async () => {
    await withFile('', async (path) => {
      const pipe = path.replace('leads.csv', 'pipe');
      await promisify(execFile)('mkfifo', [pipe]);
      const [file] = await Promise.all([opened(pipe), writeFile(pipe, `${header}\nlead_1,${at},a\n`)]);

      for (const _ of ['first', 'second']) {
        const lines: LeadLine[] = [];
        for await (const batch of file.lines(await file.columns())) lines.push(...batch);
        assert.deepEqual(told(lines), ['2: lead_1']);
      }
      assert.equal(file.rejectsPath, 'stdin.rejects.csv');
      await file.close();
    });
  });

  it('preserves arbitrary field values', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', ' ', '\r', "'", ';') });
    await fc.assert(
      fc.asyncProperty(fc.array(field, { minLength: 1, maxLength: 20 }), async (names) => {
        const written = names.map((name, index) => `lead_${index},${at},"${name.replaceAll('"', '""')}x"`);
        const lines = await reading([header, ...written].join('\n'));

        const isRead = lines.map((line) => (line.isGood ? line.reports.leadCreated?.profile?.name : line.original[2]));
        assert.deepEqual(
          isRead,
          names.map((name) => `${name}x`),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('reports random bad lines by their line number, and reads the good lines between them', async () => {
    const garbage = fc.string({ unit: fc.constantFrom('"', ',', 'x', '2016', '\\', '\0', '\r', '€', ';') });
    await fc.assert(
      fc.asyncProperty(fc.array(garbage, { minLength: 1, maxLength: 300 }), async (bad) => {
        const written = bad.flatMap((text, index) => [`#${text}`, `lead_${index},${at},a`]);
        const lines = await reading([header, ...written].join('\n'));

        const numbers = lines.map(({ line }) => line);
        assert.deepEqual(
          numbers,
          written.map((_, index) => index + 2),
        );
        assert.ok(lines.every(({ isGood }, index) => isGood === (index % 2 === 1)));
      }),
      { numRuns: 50 },
    );
  });
});
