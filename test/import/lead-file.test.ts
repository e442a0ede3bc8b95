import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { encode } from '../../src/import/encoding.js';
import { fileFormatOf } from '../../src/import/file-format.js';
import { FileRefusedError } from '../../src/import/file-refused.js';
import type { LeadLine } from '../../src/import/lead-line.js';
import { readLines } from '../../src/import/lines.js';
import { type CsvRecord, readRecords } from '../../src/import/records.js';
import { runs } from '../support/runs.js';
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
    const content = `id,lead_created_at,paid_at\nadam@smith.example,1999-01-01T00:00:00Z,2016-02-30T00:00:00Z`;
    const [line] = told(await reading(content, { maps: ['id=lead_id'] }));

    assert.match(line ?? '', /; id looks like an e-mail address.*; lead_created_at must not be before 2000/);
    assert.match(line ?? '', /^2: paid_at is not a date: February 2016 has no day 30; /);
    assert.doesNotMatch(line ?? '', /adam|1999-|02-30/);
  });

  it('isolates a line with an unclosed quote from the lines after it', async () => {
    const lines = await reading(`${header}\nlead_1,${at},"open\nlead_2,${at},a\nlead_3,${at},"b, c"\nlead_4,${at},d`);

    assert.deepEqual(told(lines), ['2: opens a quote that is not closed', '3: lead_2', '4: lead_3', '5: lead_4']);
  });

  it('rejects the lines between two unclosed quotes as one record, which is what they are', async () => {
    const lines = await reading(`${header}\nlead_1,${at},"open\nlead_2,${at},a\nlead_3,${at},open"\nlead_4,${at},b`);

    assert.deepEqual(told(lines), [
      '2: has a quoted field that contains line 3, which looks like a lead: check its quotes',
      '5: lead_4',
    ]);
  });

  it('rejects a record with a quote that is open at the end of the file', async () => {
    const lines = await reading(`${header}\nlead_1,${at},a\nlead_2,${at},"open\nlead_3,${at},a\n`);

    assert.deepEqual(told(lines), [
      '2: lead_1',
      '3: opens a quote in line 3 that is not closed before the end of the file',
    ]);
  });

  it('is rejected if a quote is open for a megabyte, with the line that opens it', async () => {
    const many = Array.from({ length: 40_000 }, (_, index) => `lead_${index},${at},a`).join('\n');
    await assert.rejects(
      reading(`${header}\nlead_a,${at},"two\nlines"\nlead_b,${at},"open\n${many}`),
      /^FileRefusedError: Line 4 opens a quote that is not closed within 1 MB/,
    );
  });

  for (const [name, field] of [
    ['as it is', '"Bob\nlead_1,2001-01-01T00:00:00Z,x\nRoe"'],
    ['with spaces around it', ' "Bob\nlead_1,2001-01-01T00:00:00Z,x\nRoe" '],
    ['after an unclosed quote', '"Bob\nlead_1,2001-01-01T00:00:00Z,x\nRoe"\nlead_3,,"open'],
    ['after text with quotes', 'a"b"\nlead_3,"c"d,"Bob\nlead_1,2001-01-01T00:00:00Z,x\nRoe"'],
    ['at the end of a torn file', '"Bob\nlead_1,2001-01-01T00:00:00Z,x'],
  ] as const) {
    it(`never reads a line in a quoted name as a lead: ${name}`, async () => {
      const lines = await reading(`${header}\nlead_1,${at},a\nlead_2,${at},${field}\n`);

      const leads = lines.filter((line) => line.isGood && line.reports.leadCreated?.occurredAt !== at);
      assert.deepEqual(leads, []);
      assert.equal(told(lines).filter((line) => line.endsWith(': lead_1')).length, 1);
    });
  }

  it('may have line breaks in a name, which become spaces', async () => {
    const [line, next] = await reading(`${header}\r\nlead_1,${at},"Ann\r\n Lee"\r\nlead_2,${at},b`);

    assert.ok(line?.isGood && next?.isGood);
    assert.equal(line.reports.leadCreated?.profile?.name, 'Ann Lee');
    assert.deepEqual([line.remarks, next.line], [['line-break'], 4]);
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

    assert.deepEqual(told(read), [
      '2: lead_1',
      '3: is not UTF-8; for a file from Excel on Windows, pass --encoding windows-1252',
      '4: is longer than 1 MB',
      '5: lead_4',
    ]);
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

  it('is rejected if a column is mapped twice, so that no date is lost', async () => {
    const content = `lead_id,lead_created_at,start\nlead_1,${at},${at}`;
    for (const [one, other] of [
      ['start', 'start'],
      ['start', ' start '],
      ['start', 'Start'],
      ['START', 'Start'],
    ]) {
      await assert.rejects(
        async () => await reading(content, { maps: [`${one}=trial_started_at`, `${other}=paid_at`] }),
        /--map names a column twice: start\./i,
      );
    }
    const both = await reading(`lead_id,start,START\nlead_1,${at},`, {
      maps: ['start=lead_created_at', 'START=paid_at', 'start=lead_created_at'],
    });
    assert.deepEqual(told(both), ['2: lead_1']);
  });

  it('is rejected if it has no leads, with an error that says what to do', async () => {
    await assert.rejects(reading(''), /The file is empty/);
    await assert.rejects(reading('lead_id;lead_created_at', { delimiter: ',' }), /separated by ;: pass --delimiter/);
    await assert.rejects(reading('sep=;\n'), /has no header/);
    await assert.rejects(opened('/nowhere/leads.csv'), /\/nowhere\/leads\.csv cannot be read/);
    await assert.rejects(opened('test'), /test is a directory: pass a CSV file/);
  });

  it('is rejected if it changed after it was opened', async () => {
    await withFile(`${header}\nlead_1,${at},a\n`, async (path) => {
      const file = await opened(path);
      await appendFile(path, `lead_2,${at},b\n`);

      await assert.rejects(async () => {
        for await (const _ of file.lines(await file.columns()));
      }, /changed while it was read/);
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

      await assert.rejects(batches.next(), /changed while it was read/);
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

  it('is exactly the table that was written by RFC 4180', async () => {
    const unit = fc.constantFrom('a', 'é', '"', ',', ' ', '\r', '\n', "'", ';', '\t', '\ud83d\ude00', '\u2028', '\\');
    const row = fc.array(fc.string({ unit, maxLength: 8 }), { minLength: 3, maxLength: 3 });
    const table = fc.array(row, { minLength: 1, maxLength: 20 });
    const breaks = fc.constantFrom('\n', '\r\n', '\r');
    const encoding = fc.constantFrom('utf-8', 'utf-16le', 'utf-16be');
    await fc.assert(
      fc.asyncProperty(
        table,
        breaks,
        fc.constantFrom(',', ';', '\t', '|'),
        encoding,
        async (rows, end, delimiter, as) => {
          const written = rows.map((fields, index) => [`lead_${index}`, ...fields].map(quoted).join(delimiter) + end);
          const names = ['lead_id', 'lead_created_at', 'name', 'note'].join(delimiter) + end;
          const read = await recordsOf(encode(`\ufeff${names}${written.join('')}`, as));

          assert.deepEqual(
            read.slice(1).map((record) => 'fields' in record && record.fields),
            rows.map((fields, index) => [`lead_${index}`, ...fields]),
          );
        },
      ),
      { numRuns: runs(100) },
    );
  });

  it('covers every line once, whatever it contains', async () => {
    const garbage = fc.string({ unit: fc.constantFrom('"', ',', 'x', '2016', '\\', '\0', '\r', '€', ';', '\n') });
    await fc.assert(
      fc.asyncProperty(fc.array(garbage, { minLength: 1, maxLength: 300 }), async (bad) => {
        const content = [header, ...bad.flatMap((text, index) => [`#${text}`, `lead_${index},${at},a`])].join('\n');
        const lines = (await recordsOf(Buffer.from(content))).flatMap(({ source }) => source);

        const written = content
          .split('\n')
          .map((text, index) => ({ number: index + 1, text: text.replace(/\r+$/, '') }));
        assert.deepEqual(
          lines.map(({ number, text }) => ({ number, text })),
          written.filter(({ number, text }) => text.trim() !== '' || lines.some((line) => line.number === number)),
        );
      }),
      { numRuns: runs(30) },
    );
  });
});

function quoted(field: string): string {
  return `"${field.replaceAll('"', '""')}"`;
}

function recordsOf(content: Buffer): Promise<CsvRecord[]> {
  return withFile(content, async (path) => {
    const format = await fileFormatOf(path, path);
    const file = await opened(path, { ignoreUnknown: true });
    const { delimiter } = await file.columns();
    await file.close();
    const records: CsvRecord[] = [];
    for await (const batch of readRecords(readLines(path, format), delimiter)) records.push(...batch);
    return records;
  });
}
