import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { type Encoding, encode, encodings } from '../../src/import/encoding.js';
import { run } from '../cli/terminal-stand-in.js';
import { withFile } from './leads.js';
import { reading, told } from './reading.js';

const header = 'lead_id,lead_created_at,name';
const at = '2016-01-05T00:00:00Z';
const marks: Readonly<Record<Encoding, string>> = {
  'utf-8': 'efbbbf',
  'utf-16le': 'fffe',
  'utf-16be': 'feff',
  'windows-1252': '',
};

describe('the format of a lead file', () => {
  for (const encoding of encodings) {
    for (const mark of new Set([marks[encoding], ''])) {
      it(`may be ${encoding} ${mark === '' ? 'without' : 'with'} a byte order mark`, async () => {
        const bytes = encode(`${header}\r\nlead_1,${at},Zoë “Z” – €5\r\nlead_2,${at},b\r\n`, encoding);
        const content = Buffer.concat([Buffer.from(mark, 'hex'), bytes]);
        const lines = await reading(content, encoding === 'windows-1252' ? { encoding } : {});

        assert.deepEqual(
          lines.map((line) => line.isGood && line.reports.leadCreated?.profile?.name),
          ['Zoë “Z” – €5', 'b'],
        );
      });
    }
  }

  it('keeps every byte of Windows-1252 and every unit of UTF-16 that is decoded and encoded again', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).subarray(0x20);
    await rejectsAre('windows-1252', Buffer.from(bytes.filter((byte) => byte !== 0x22)));
    await rejectsAre('utf-16le', Buffer.from('\ud83d\ude00 \u20ac \u0000', 'utf16le'));
  });

  it('may be UTF-16 whose characters are divided between the chunks that are read', async () => {
    const names = Array.from(
      { length: 20_000 },
      (_, index) => `lead_${index},${at},${'x'.repeat(index % 7)}\ud83d\ude00`,
    );
    const lines = await reading(encode(`\ufeff${[header, ...names].join('\n')}`, 'utf-16be'));

    assert.equal(lines.length, names.length);
    assert.ok(lines.every((line) => line.isGood && line.reports.leadCreated?.profile?.name?.endsWith('\ud83d\ude00')));
  });

  it('may have the line breaks of old Macs', async () => {
    assert.deepEqual(told(await reading(`${header}\rlead_1,${at},"a\rb"\rlead_2,${at},b\r`)), [
      '2: lead_1',
      '4: lead_2',
    ]);
  });

  it('may have two carriage returns in each line break, as of a program that has written CRLF as text', async () => {
    const content = [header, `lead_1,${at},"a\r\r\nb"`, `lead_2,${at},Zo\u00eb`, '', `lead_3,soon,c`, ''].join(
      '\r\r\n',
    );
    const lines = await reading(content);

    assert.deepEqual(
      lines.map((line) => (line.isGood ? line.reports.leadCreated?.profile?.name : line.line)),
      ['a b', 'Zo\u00eb', 6],
    );
    assert.deepEqual(told(await reading(Buffer.from(content, 'latin1'))).slice(1), [
      '4: is not UTF-8; for a file from Excel on Windows, pass --encoding windows-1252',
      '6: lead_created_at must be RFC 3339 with an offset, for example 2016-02-10T05:15:10Z or 2016-02-10T06:15:10+01:00',
    ]);
    await withFile(content, async (path) => {
      const { exitCode } = await run(['import', path, '--dry-run', '--skip-bad']);
      const rejects = await readFile(path.replace(/\.csv$/, '.rejects.csv'), 'utf8');

      assert.equal(exitCode, 0);
      assert.match(rejects, /^rejected_because,.*\r\r\n"line 6: .*",lead_3,soon,c\r\r\n$/);
    });
  });

  for (const [name, delimiter] of Object.entries({ commas: ',', semicolons: ';', tabs: '\t', bars: '|' })) {
    it(`may have ${name}, which are detected`, async () => {
      const lines = [
        ['lead_id', 'lead_created_at', 'name'],
        ['lead_1', at, 'a;b,c'],
        ['lead_2', at, 'b'],
      ];
      const content = lines.map((fields) => fields.map((field) => `"${field}"`).join(delimiter)).join('\n');

      assert.deepEqual(told(await reading(content)), ['2: lead_1', '3: lead_2']);
    });
  }

  it("may begin with Excel's line with the delimiter", async () => {
    for (const line of ['sep=;', '"sep=;"', 'SEP=; ']) {
      assert.deepEqual(told(await reading(`\ufeff${line}\r\nlead_id;lead_created_at\r\nlead_1;${at}`)), ['3: lead_1']);
    }
  });

  it('may be compressed with gzip, also through a pipe', async () => {
    const compressed = gzipSync(`${header}\nlead_1,${at},a\n`);
    assert.deepEqual(told(await reading(compressed)), ['2: lead_1']);
    await assert.rejects(reading(compressed.subarray(0, 40)), /leads\.csv is damaged/);
  });

  it('may have empty columns, empty lines and a row count at its end', async () => {
    const content = `lead_id,lead_created_at,name,,\nlead_1,${at},a,,\n,,,,\n,,,,,\nlead_2,${at},b,,,,\n(2 rows)\n`;
    const { exitCode, stdout } = await withFile(content, (path) => run(['import', path, '--dry-run']));

    assert.equal(exitCode, 0, stdout);
    assert.match(
      stdout,
      /leads\.csv: 2 lines\n {2}2 leads\n {2}line 6 is psql's row count; it is skipped\n {2}the leads/,
    );
  });

  for (const [kind, content, message] of [
    [
      'a workbook',
      Buffer.from('504b030414000600', 'hex'),
      /is an Excel workbook .*soffice --headless --convert-to csv/,
    ],
    ['an old workbook', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /is an old Excel workbook/],
    ['JSON', '[\n  {"lead_id": "lead_1"}\n]', /is JSON: convert it with: jq -r .* leads\.csv/],
    ['lines of JSON', '{"lead_id":"lead_1"}\n', /is JSON: convert lines of objects with: jq -sr/],
    ['HTML', '\n<!DOCTYPE html><html>', /is an HTML page/],
    ['aligned output', ' lead_id | lead_created_at \n---------+----\n lead_1  | x', /aligned output .* psql --csv/],
    ['an SQL dump', '-- PostgreSQL database dump\n', /is an SQL dump/],
    ['data without a header', `lead_1,${at},Ann Secret\n`, /first line looks like data, not like a header\. Add/],
  ] as const) {
    it(`is told if it is ${kind}, without its content`, async () => {
      await withFile(content, async (path) => {
        const { exitCode, stdout, stderr } = await run(['import', path, '--dry-run']);

        assert.equal(exitCode, 2);
        assert.equal(stdout, '');
        assert.match(stderr, message);
        assert.doesNotMatch(stderr, /lead_1|Secret/);
      });
    });
  }
});

describe('the columns of a lead file', () => {
  it('match without regard to case, spaces, hyphens and underscores', async () => {
    const names = 'Lead ID,\u00a0lead-created-at ,E-mail,TRIAL  STARTED_AT';
    assert.deepEqual(told(await reading(`${names}\nlead_1,${at},a@b.example,`)), ['2: lead_1']);
    assert.deepEqual(told(await reading(`Nummer,Lead Created At\nlead_1,${at}`, { maps: ['nummer=lead_id'] })), [
      '2: lead_1',
    ]);
  });

  it('that are unknown are told with the column that was meant', async () => {
    await assert.rejects(reading('lead_id,lead_created_at,emial,Created\n'), (error: Error) => {
      assert.match(
        error.message,
        /Unknown columns: emial \(did you mean email\?\), Created \(did you mean lead_created_at\?\)\./,
      );
      return true;
    });
  });

  it('are printed without control characters, and never with data', async () => {
    await withFile(`lead_id,lead_created_at,\u001b[31mred\u202e,ann@b.example,2016-01-05\n`, async (path) => {
      const { stderr } = await run(['import', path, '--dry-run']);

      assert.match(stderr, /Unknown columns: \\x1b\[31mred\\u\{202e\}, column 4, column 5\./);
      assert.ok(!stderr.includes('\u001b') && !stderr.includes('ann@'));
    });
    await withFile('Ann Lee,Berlin\nBob,Rome\n', async (path) => {
      const { stderr } = await run(['import', path, '--dry-run']);

      assert.match(stderr, /Unknown columns: column 1, column 2\./);
    });
    await assert.rejects(
      reading('Customer ID,Created date (UTC)\n'),
      /Unknown columns: Customer ID .*, Created date \(UTC\)\./,
    );
  });
});

describe('a rejects file', () => {
  it('has the bytes of each record, the byte order mark, the separator line and the line breaks', async () => {
    const bad = [`lead_1;yesterday;"Zo\u00eb ""Z""\r\n; Lee"`, '  lead_2 ;', 'lead_3;"x"y;z'];
    const content = ['sep=;', 'Lead ID;lead_created_at;name', ...bad, `lead_4;${at};b`].join('\r\n');
    await withFile(Buffer.concat([Buffer.from('fffe', 'hex'), encode(content, 'utf-16le')]), async (path) => {
      await run(['import', path, '--dry-run']);

      const rejects = await readFile(path.replace('.csv', '.rejects.csv'));
      const [separator, names, ...records] = rejects.subarray(2).toString('utf16le').split('\r\n');
      assert.equal(rejects.subarray(0, 2).toString('hex'), 'fffe');
      assert.deepEqual([separator, names], ['sep=;', 'rejected_because;Lead ID;lead_created_at;name']);
      assert.match(records.join('\r\n'), /^"lines 3 to 4: lead_created_at must be/);
      assert.equal(records.join('\r\n').replaceAll(/"lines? \d[^"]*";/g, ''), `${bad.join('\r\n')}\r\n`);
    });
  });

  it('can be fixed and imported, and rejected again', async () => {
    const content = `${header}\nlead_1,yesterday,"open\nlead_2,${at},a\nlead_3,,"b"\n`;
    await withFile(content, async (path) => {
      await run(['import', path, '--dry-run']);
      const rejects = path.replace('.csv', '.rejects.csv');
      const first = await readFile(rejects, 'utf8');
      await run(['import', rejects, '--dry-run']);
      const second = await readFile(rejects.replace('.csv', '.rejects.csv'), 'utf8');

      const reasons = (text: string) => text.replaceAll(/^"line \d+: /gm, '"');
      assert.equal(reasons(second), reasons(first));
      await writeFile(rejects, first.replace('yesterday,"open', `${at},closed`).replace('lead_3,,', `lead_3,${at},`));
      const { stdout } = await run(['import', rejects, '--dry-run', '--json']);
      assert.deepEqual([JSON.parse(stdout).preview.good, JSON.parse(stdout).preview.bad], [2, 0]);
    });
  });
});

/** Rejects a line with these bytes, and compares them with the copy. */
async function rejectsAre(encoding: Encoding, bytes: Buffer): Promise<void> {
  const content = Buffer.concat([encode(`${header}\n,,`, encoding), bytes]);
  await withFile(content, async (path) => {
    await run(['import', path, '--dry-run', '--encoding', encoding, '--delimiter', ',']);
    const rejects = await readFile(path.replace('.csv', '.rejects.csv'));
    assert.notEqual(rejects.indexOf(Buffer.concat([encode(',,,', encoding), bytes])), -1);
  });
}
