import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readDateFormat } from '../../src/import/date-format.js';
import { suggestedFormat } from '../../src/import/date-guess.js';
import { readDate } from '../../src/import/dates.js';
import { FileRefusedError } from '../../src/import/file-refused.js';
import { TimeZone } from '../../src/import/time-zone.js';
import { run } from '../cli/terminal-stand-in.js';
import { withFile } from './leads.js';
import { reading, told } from './reading.js';

const utc = new TimeZone('UTC');

describe('--date-format', () => {
  for (const [format, written, wanted] of [
    ['DD.MM.YYYY', '05.01.2016', '2016-01-05T00:00:00Z'],
    ['D.M.YYYY HH:mm', '05.01.2016 09:12', '2016-01-05T09:12:00Z'],
    ['M/D/YYYY H:mm', '1/5/2016 9:12', '2016-01-05T09:12:00Z'],
    ['M/D/YYYY H:mm', '01/05/2016 09:12', '2016-01-05T09:12:00Z'],
    ['M/D/YYYY H:mm', '1/5/2016 09:12', '2016-01-05T09:12:00Z'],
    ['M/D/YYYY H:mm', '01/05/2016 9:12', '2016-01-05T09:12:00Z'],
    ['D/M/YYYY H:mm', '1/5/2016 9:12', '2016-05-01T09:12:00Z'],
    ['MM/DD/YY', '12/31/16', '2016-12-31T00:00:00Z'],
    ['M/D/YYYY h:mm A', '1/5/2016 12:05 AM', '2016-01-05T00:05:00Z'],
    ['M/D/YYYY h:mm:ss a', '1/5/2016 3:05:09 pm', '2016-01-05T15:05:09Z'],
    ['D MMM YYYY', '5 Jan 2016', '2016-01-05T00:00:00Z'],
    ['MMMM D, YYYY [at] HH:mm', 'January 5, 2016 at 09:12', '2016-01-05T09:12:00Z'],
    ['YYYYMMDD', '20160105', '2016-01-05T00:00:00Z'],
    ['YYYY-MM-DD HH:mm:ss.SSS', '2016-01-05 09:12:11.999', '2016-01-05T09:12:11Z'],
    ['DD.MM.YYYY HH:mm Z', '05.01.2016 09:12 +01:00', '2016-01-05T08:12:00Z'],
    ['DD.MM.YYYY HH:mm Z', '05.01.2016 09:12 UTC', '2016-01-05T09:12:00Z'],
    ['epoch-seconds', '1451985131', '2016-01-05T09:12:11Z'],
    ['epoch-seconds', '1451985131.75', '2016-01-05T09:12:11Z'],
    ['Epoch-Milliseconds', '1451985131999', '2016-01-05T09:12:11Z'],
    ['excel', '42374', '2016-01-05T00:00:00Z'],
    ['excel', '42374.3834606481', '2016-01-05T09:12:11Z'],
    ['excel', '42374,3834606481', '2016-01-05T09:12:11Z'],
  ] as const) {
    it(`reads ${written} as ${format}`, () => {
      assert.deepEqual(readDate(written, utc, readDateFormat(format)), { text: wanted });
    });
  }

  it('reads what it wrote, for every day and format, in every machine time zone', () => {
    const formats = ['DD.MM.YYYY HH:mm', 'M/D/YYYY H:mm', 'D/M/YYYY H:mm', 'D MMM YYYY h:mm A', 'YYYY/MM/DD HH:mm'];
    const minutes = fc.integer({ min: Date.UTC(2000, 0, 1) / 60_000, max: Date.UTC(2040, 0, 1) / 60_000 });
    const before = process.env.TZ;
    try {
      for (const machine of ['America/New_York', 'Asia/Kolkata']) {
        process.env.TZ = machine;
        fc.assert(
          fc.property(minutes, fc.constantFrom(...formats), (minute, format) => {
            const at = new Date(minute * 60_000);
            assert.deepEqual(readDateFormat(format).read(writtenAs(at, format)), { wallClock: at.getTime() });
          }),
        );
      }
    } finally {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    }
  });

  it('reads local times in the time zone, with the same rules as other dates', () => {
    const berlin = new TimeZone('Europe/Berlin');
    const german = readDateFormat('DD.MM.YYYY HH:mm');

    assert.deepEqual(readDate('05.01.2016 09:12', berlin, german), { text: '2016-01-05T08:12:00Z' });
    assert.deepEqual(readDate('27.03.2016 02:30', berlin, german), {
      text: '2016-03-27T01:30:00Z',
      isShifted: 'skipped',
    });
    assert.deepEqual(readDate('42374', berlin, readDateFormat('excel')), { text: '2016-01-04T23:00:00Z' });
    assert.deepEqual(readDate('1451985131', berlin, readDateFormat('epoch-seconds')), { text: '2016-01-05T09:12:11Z' });
  });

  it('requires --time-zone for local times, and not for epoch numbers', () => {
    assert.match(readDate('05.01.2016', undefined, readDateFormat('DD.MM.YYYY')).problem ?? '', /pass --time-zone/);
    assert.match(readDate('42374', undefined, readDateFormat('excel')).problem ?? '', /pass --time-zone/);
    assert.equal(readDate('1451985131', undefined, readDateFormat('epoch-seconds')).problem, undefined);
  });

  for (const [format, written, problem] of [
    ['DD.MM.YYYY', '30.02.2016', 'is not a date: February 2016 has no day 30 (in --date-format "DD.MM.YYYY")'],
    ['D MMM YYYY', '31 Apr 2016', 'is not a date: April 2016 has no day 31 (in --date-format "D MMM YYYY")'],
    ['M/D/YYYY', '31/12/2016', 'has month 31, which does not exist (in --date-format "M/D/YYYY")'],
    ['DD.MM.YYYY', '5.1.2016', 'does not fit --date-format "DD.MM.YYYY"'],
    ['DD.MM.YYYY', '05.01.2016 09:12', 'does not fit --date-format "DD.MM.YYYY"'],
    ['DD.MM.YYYY', '2016-01-05T00:00:00Z', 'does not fit --date-format "DD.MM.YYYY"'],
    ['M/D/YYYY H:mm', '1/5/2016 24:00', 'does not fit --date-format "M/D/YYYY H:mm"'],
    ['M/D/YYYY h:mm A', '1/5/2016 13:00 PM', 'does not fit --date-format "M/D/YYYY h:mm A"'],
    ['DD.MM.YYYY HH:mm Z', '05.01.2016 09:12', 'does not fit --date-format "DD.MM.YYYY HH:mm Z"'],
    ['epoch-seconds', '1451985131999', 'does not fit --date-format "epoch-seconds"'],
    ['epoch-milliseconds', '1451985131', 'does not fit --date-format "epoch-milliseconds"'],
    ['epoch-milliseconds', '1.45199E+12', 'does not fit --date-format "epoch-milliseconds"'],
    ['excel', '1/5/2016', 'does not fit --date-format "excel"'],
  ] as const) {
    it(`refuses ${written} as ${format}`, () => {
      assert.equal(readDate(written, utc, readDateFormat(format)).problem, problem);
    });
  }

  for (const [format, problem] of [
    ['DD.MM', /it has no year/],
    ['HH:mm', /it has no year/],
    ['YYYY', /it has no month/],
    ['MM/YYYY', /it has no day/],
    ['L', /L is unknown/],
    ['dd.mm.yyyy', /dd is unknown\. Use epoch-seconds, epoch-milliseconds or excel, or the tokens of Day\.js/],
    ['M/D/YYYY h:mm', /h and hh require A or a/],
    ['M/D/YYYY HH:mm A', /h and hh require A or a/],
    ['M/D/YYYY MM', /it has more than one month/],
    ['M/D/YYYY mm', /it has minutes, but no hour/],
    ['Z M/D/YYYY', /Z must be at its end/],
    ['', /it has no year/],
    ['auto', /is unknown/],
  ] as const) {
    it(`cannot be ${JSON.stringify(format)}`, () => {
      assert.throws(() => readDateFormat(format), { name: FileRefusedError.name, message: problem });
    });
  }

  it('applies to all dates of a file, and the preview names the dates that do not fit', async () => {
    const content = 'lead_id;lead_created_at;paid_at\n1;05.01.2016;25.02.2016\n2;2016-01-05;\n3;30.02.2016;';
    const args = ['--dry-run', '--date-format', 'DD.MM.YYYY', '--time-zone', 'UTC'];
    const lines = await reading(content, { dateFormat: 'DD.MM.YYYY', timeZone: 'UTC' });
    const { exitCode, stdout } = await withFile(content, (path) => run(['import', path, ...args]));

    assert.deepEqual(lines[0]?.isGood && lines[0].reports, {
      leadCreated: { occurredAt: '2016-01-05T00:00:00Z' },
      paymentSucceeded: { occurredAt: '2016-02-25T00:00:00Z' },
    });
    assert.equal(exitCode, 2);
    assert.match(stdout, /line 3: lead_created_at does not fit --date-format "DD\.MM\.YYYY"\n/);
    assert.match(stdout, /line 4: lead_created_at is not a date: February 2016 has no day 30/);
  });

  it('that is invalid refuses the import', async () => {
    const { exitCode, stderr } = await withFile('lead_id,lead_created_at\n1,1/5/2016', (path) =>
      run(['import', path, '--dry-run', '--date-format', 'M/D']),
    );

    assert.equal(exitCode, 2);
    assert.match(stderr, /^Invalid --date-format M\/D: it has no year; for example "DD\.MM\.YYYY HH:mm"/);
  });
});

describe('a date in an unknown format', () => {
  for (const [written, suggested] of [
    ['12/31/2016', 'looks like month, day, year: pass --date-format "M/D/YYYY"'],
    ['31/12/2016 09:12', 'looks like day, month, year: pass --date-format "D/M/YYYY H:mm"'],
    ['12-31-2016', 'looks like month, day, year: pass --date-format "M-D-YYYY"'],
    [
      '1/5/2016 9:12',
      'can be month/day or day/month, which cannot be told apart: pass --date-format "M/D/YYYY H:mm" if the month is ' +
        'first, or --date-format "D/M/YYYY H:mm" if the day is',
    ],
    ['31.12.2016', 'looks like day, month, year: pass --date-format "D.M.YYYY"'],
    ['05.01.2016', 'looks like day, month, year: pass --date-format "D.M.YYYY"'],
    ['12/31/16 3:05:09 PM', 'looks like month, day, year: pass --date-format "M/D/YY h:mm:ss A"'],
    ['12/31/2016, 15:05', 'looks like month, day, year: pass --date-format "M/D/YYYY, H:mm"'],
    ['2016/01/05 09:12', 'looks like year, month, day: pass --date-format "YYYY/M/D H:mm"'],
    ['1451985131', 'looks like seconds since 1970: pass --date-format epoch-seconds'],
    ['1451985131999', 'looks like milliseconds since 1970: pass --date-format epoch-milliseconds'],
    ['42374.38', 'looks like a serial number of Excel: pass --date-format excel'],
  ] as const) {
    it(`is refused with the option to pass, which then reads it: ${written}`, () => {
      const { problem } = readDate(written, utc);
      const formats = [...(problem ?? '').matchAll(/--date-format (?:"([^"]+)"|([\w-]+))/g)];

      assert.equal(problem, `is not RFC 3339 and ${suggested}`);
      assert.ok(formats.length > 0);
      for (const [, quoted, word] of formats) {
        assert.equal(readDate(written, utc, readDateFormat(quoted ?? word ?? '')).problem, undefined);
      }
    });
  }

  it('is suggested no format if it has none of these forms', () => {
    for (const written of ['yesterday', '31/31/2016', '123', '123456', '2016', '1/5', '1/5-2016', '5. Januar 2016']) {
      assert.equal(suggestedFormat(written), undefined);
    }
  });

  it('names --time-zone too, if it is missing and the format is local', () => {
    assert.match(readDate('31.12.2016', undefined).problem ?? '', /; it also needs --time-zone$/);
    assert.doesNotMatch(readDate('1451985131', undefined).problem ?? '', /--time-zone/);
  });

  it('is one reason for all lines with the same form, without the dates', async () => {
    const content = 'lead_id,lead_created_at\n1,1/5/2016 9:12\n2,2/6/2016 10:00\n3,yesterday';
    const lines = told(await reading(content, { timeZone: 'UTC' }));

    assert.equal(lines[0]?.slice(3), lines[1]?.slice(3));
    assert.match(lines[2] ?? '', /must be RFC 3339/);
    assert.doesNotMatch(lines.slice(0, 2).join('\n'), /2016|9:12|10:00/);
  });
});

function writtenAs(at: Date, format: string): string {
  const [year, month, day, hour, minute] = [
    ...[at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()],
    ...[at.getUTCHours(), at.getUTCMinutes()],
  ] as [number, number, number, number, number]; // five numbers
  const two = (value: number) => String(value).padStart(2, '0');
  const time = `${hour}:${two(minute)}`;
  switch (format) {
    case 'DD.MM.YYYY HH:mm':
      return `${two(day)}.${two(month)}.${year} ${two(hour)}:${two(minute)}`;
    case 'M/D/YYYY H:mm':
      return `${month}/${day}/${year} ${time}`;
    case 'D/M/YYYY H:mm':
      return `${day}/${month}/${year} ${time}`;
    case 'YYYY/MM/DD HH:mm':
      return `${year}/${two(month)}/${two(day)} ${two(hour)}:${two(minute)}`;
    default: {
      const name = new Intl.DateTimeFormat('en-US', { month: 'short', timeZone: 'UTC' }).format(at);
      return `${day} ${name} ${year} ${hour % 12 || 12}:${two(minute)} ${hour < 12 ? 'AM' : 'PM'}`;
    }
  }
}
