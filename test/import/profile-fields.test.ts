import assert from 'node:assert/strict';
import { countryCode } from '../../src/import/countries.js';
import { run } from '../cli/terminal-stand-in.js';
import { withFile } from './leads.js';
import { reading } from './reading.js';

const header = 'lead_id,lead_created_at,name,email,company,country,state';
const at = '2016-01-05T00:00:00Z';

describe('an optional field of a lead', () => {
  for (const [fields, profile, notice] of [
    [',,,Germany,', { country: 'DE' }, undefined],
    [',,,us,', { country: 'US' }, undefined],
    [',,,DEU,', { country: 'DE' }, undefined],
    [',,,Atlantis,', undefined, /^country is neither an ISO 3166 code nor an English country name; the field is not/],
    [',,,XX,', undefined, /^country is neither/],
    [',ann@,,,', undefined, /^email must be an e-mail address; the field is not imported$/],
    [',"ann@example.org, a2@example.org",,,', { email: 'ann@example.org' }, /^email has several addresses; only the/],
    [',ann@example.org;a2@example.org,,,', { email: 'ann@example.org' }, /^email has several addresses; only the/],
    [',mailto:ann@example.org,,,', { email: 'ann@example.org' }],
    [',<ann@example.org>,,,', { email: 'ann@example.org' }],
    [',Ann Lee <ann@example.org>,,,', { email: 'ann@example.org' }],
    [',Ann <ann>,,,', undefined, /^email must be an e-mail address/],
    [',"none, ann@example.org",,,', undefined, /^email must be an e-mail address/],
    [
      `,,${'a'.repeat(256)},,`,
      undefined,
      /^company must not have more than 255 characters; the field is not imported$/,
    ],
    ['A\u0000n,,,,', undefined, /^name must not contain control characters/],
  ] as const) {
    it(`never loses the lead: ${JSON.stringify(fields.slice(0, 40))}`, async () => {
      const [line] = await reading(`${header}\nlead_1,${at},${fields}`);

      assert.ok(line?.isGood);
      assert.deepEqual(line.reports.leadCreated?.profile, profile);
      const [{ column, message } = { column: undefined, message: undefined }] = line.notices;
      if (notice) assert.match(`${column} ${message}`, notice);
      else assert.deepEqual(line.notices, []);
      assert.doesNotMatch(JSON.stringify(line.notices), /Atlantis|ann@|aaaa/);
    });
  }

  it('that is left out does not take other fields with it', async () => {
    const [line] = await reading(`${header}\nlead_1,${at},Ann,nonsense,Acme,Utopia,NY`);

    assert.deepEqual(line?.isGood && line.reports.leadCreated?.profile, { name: 'Ann', company: 'Acme', state: 'NY' });
    assert.equal(line?.isGood && line.notices.length, 2);
  });

  it('is told in the preview by reason, with lines; ids and dates stay strict', async () => {
    const lines = [
      ...[`a,${at},,,,Atlantis,`, `b,${at},,nonsense,,Utopia,`, `c,${at},,,,France,`],
      ...['d,2016-02-30T00:00:00Z,,,,France,', `e ,${at},,,,Atlantis,`],
    ];
    await withFile([header, ...lines].join('\n'), async (path) => {
      const { exitCode, stdout } = await run(['import', path, '--dry-run', '--skip-bad']);
      const { preview } = JSON.parse((await run(['import', path, '--dry-run', '--skip-bad', '--json'])).stdout);

      assert.equal(exitCode, 0);
      assert.match(stdout, / {2}profile fields that are left out or changed; the leads are imported:\n/);
      assert.match(
        stdout,
        / {4}2 lines: country is neither an ISO 3166 code nor .*; the field is not imported: 2, 3\n/,
      );
      assert.match(stdout, / {4}line 3: email must be an e-mail address; the field is not imported\n/);
      assert.match(stdout, / {2}2 lines are invalid/);
      assert.deepEqual(
        preview.notices.map(({ count, lines }: { count: number; lines: number[] }) => [count, lines]),
        [
          [2, [2, 3]],
          [1, [3]],
        ],
      );
      assert.doesNotMatch(stdout, /Atlantis|Utopia|nonsense/);
    });
  });
});

describe('a country', () => {
  for (const [name, code] of [
    ['United States', 'US'],
    ['united states of america', 'US'],
    ['U.S.A.', 'US'],
    ['UK', 'GB'],
    ['Great Britain', 'GB'],
    ['The Netherlands', 'NL'],
    ['South Korea', 'KR'],
    ['Türkiye', 'TR'],
    ['Turkey', 'TR'],
    ['turkiye', 'TR'],
    ["Côte d'Ivoire", 'CI'],
    ['Czech Republic', 'CZ'],
    ['Czechia', 'CZ'],
    ['Moldova', 'MD'],
    ['Laos', 'LA'],
    ['Syria', 'SY'],
    ['Brunei', 'BN'],
    ['Namibia', 'NA'],
    ['NA', 'NA'],
    ['zz', undefined],
    ['EU', undefined],
    ['Deutschland', undefined],
    ['-', undefined],
    ['constructor', undefined],
  ] as const) {
    it(`named ${name} is ${code ?? 'unknown'}`, () => {
      assert.equal(countryCode(name), code);
    });
  }
});
