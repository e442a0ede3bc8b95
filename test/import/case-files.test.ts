import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { encode } from '../../src/import/encoding.js';
import { run } from '../cli/terminal-stand-in.js';
import { withFile } from './leads.js';

const header = 'lead_id,lead_created_at,trial_started_at,billing_customer_id,paid_at,name';
const [january, february, march] = ['2016-01-05T09:00:00Z', '2016-02-25T09:30:00Z', '2016-03-25T09:30:00Z'];
const plain = `lead_id,lead_created_at,name\r\n71,${january},Zoë\r\n`;
const [lead, payer] = [
  { leadId: '71', leadCreatedAt: january },
  { leadId: '71', leadCreatedAt: january, paidAt: february, billingCustomerId: 'cus_71' },
];

interface Case {
  readonly kind: string;
  readonly content: string | Buffer;
  readonly args?: readonly string[];
  /** All leads that would be imported. */
  readonly leads?: readonly object[];
  /** Invalid lines by reason. */
  readonly reasons?: readonly RegExp[];
  /** Why the whole file is refused. */
  readonly refused?: RegExp;
  /** Other lines of the preview. */
  readonly shows?: readonly RegExp[];
  /** What no output may contain. */
  readonly hides?: RegExp;
}

const hubspot = [
  'Record ID,First Name,Last Name,Email,Create Date,Lifecycle Stage,Country/Region,Company Name',
  '71,Zoë,Doe,zoe@example.org,2016-01-05 10:00,Lead,United States,"Beta, Inc."',
].join('\n');
const payments = [
  'id,Created (UTC),Amount,Amount Refunded,Status,Customer ID,Customer Email,lead_id (metadata),lead_created_at',
  `ch_1,2016-02-25 09:30:00,49.00,0.00,Paid,cus_71,z@example.org,71,${january}`,
  `ch_2,2016-02-20 09:30:00,49.00,0.00,Failed,cus_70,y@example.org,70,${january}`,
  `ch_3,2016-02-20 09:30:00,49.00,49.00,Refunded,cus_69,x@example.org,69,${january}`,
  `ch_4,2016-02-20 09:30:00,49.00,0.00,Paid,,guest@example.org,,`,
].join('\n');
const us = `lead_id,lead_created_at,paid_at,billing_customer_id\n71,1/5/2016 9:00,2/25/2016 9:30,cus_71\n`;
const german = `Kunden-Nr;Erstellt am;Land\n71;05.01.2016;Deutschland\n`;
const germanMap = ['--map', 'Kunden-Nr=lead_id', '--map', 'Erstellt am=lead_created_at', '--map', 'Land=country'];

const cases: readonly Case[] = [
  {
    kind: 'several customers of one lead, the latest payment first',
    content: `${header}\n71,${january},,cus_late,${march},\n71,${january},,cus_71,${february},`,
    leads: [payer],
    shows: [/1 lead has several billing customers; the customer of the earliest payment is used/],
  },
  {
    kind: 'several lines of one customer, newest first',
    content: `${header}\n71,${january},,cus_71,${march},\n71,${january},2016-01-20T00:00:00Z,cus_71,${february},`,
    leads: [{ ...payer, trialStartedAt: '2016-01-20T00:00:00Z' }],
  },
  {
    kind: 'a name that contains a line like a lead',
    content: `${header}\n71,${january},,,,Ann\n72,${january},,,,"x\n71,2001-01-01T00:00:00Z,,cus_other,${february},y"`,
    args: ['--skip-bad'],
    leads: [lead],
    reasons: [/has a quoted field that contains line 4, which looks like a lead/],
    hides: /cus_other|2001/,
  },
  {
    kind: 'a line break in a name',
    content: `${header}\n71,${january},,,,"Zoë\nDoe"`,
    leads: [lead],
    shows: [/1 line with a line break in a profile field/],
  },
  {
    kind: 'long notes with line breaks in a column that is ignored',
    content: `lead_id,lead_created_at,Notes\n71,${january},"${'a line of notes\n'.repeat(400)}"`,
    args: ['--ignore-unknown'],
    leads: [lead],
  },
  {
    kind: 'placeholders as ids, customers and dates',
    content: `${header}\n71,${january},\\N,NULL,${february},#N/A\nNULL,${january},,,,\n#N/A,${january},,,,`,
    args: ['--skip-bad'],
    leads: [{ ...payer, billingCustomerId: '71' }],
    reasons: [/lead_id is a placeholder for a missing value/],
    shows: [/1 line with a payment but no billing customer/, / {6}customer {7}71 \(the lead id\)\n/],
  },
  {
    kind: 'ids that a spreadsheet turned into numbers',
    content: `${header}\n1.2E+10,${january},,,,\n123.0,${january},,,,`,
    reasons: [/is a number in scientific notation, .*; export the ids as text/, /is a number with a decimal point/],
  },
  {
    kind: 'ids with spaces and invisible characters',
    content: `${header}\n71,${january},,,,\n72 ,${january},,,,\n7\u200b3,${january},,,,`,
    args: ['--skip-bad'],
    leads: [lead],
    reasons: [/ends with a space \(U\+0020\)/, /contains a zero-width space \(U\+200B\)/],
  },
  {
    kind: 'a day that does not exist, and a date with a space at its end',
    content: `${header}\n71,${january} ,,,,\n72,${january},2016-02-30T00:00:00Z,,,`,
    args: ['--skip-bad'],
    leads: [lead],
    reasons: [/trial_started_at is not a date: February 2016 has no day 30/],
  },
  { kind: 'UTF-16', content: encode(`\ufeff${plain}`, 'utf-16le'), leads: [lead] },
  {
    kind: 'Windows-1252',
    content: encode(plain, 'windows-1252'),
    reasons: [/is not UTF-8; for a file from Excel on Windows, pass --encoding windows-1252/],
  },
  {
    kind: 'Windows-1252 with --encoding',
    content: encode(plain, 'windows-1252'),
    args: ['--encoding', 'windows-1252'],
    leads: [lead],
  },
  { kind: "Excel's sep=;", content: `sep=;\r\n${plain.replaceAll(',', ';')}`, leads: [lead] },
  { kind: 'empty columns and lines', content: `lead_id,lead_created_at,,\n71,${january},,\n,,,\n`, leads: [lead] },
  { kind: 'other spelling of the header', content: `Lead ID,Lead Created At\n71,${january}\n`, leads: [lead] },
  {
    kind: "psql's footer",
    content: `lead_id,lead_created_at\n71,${january}\n(1 row)\n`,
    leads: [lead],
    shows: [/line 3 is psql's row count; it is skipped/],
  },
  { kind: 'CR line ends', content: plain.replaceAll('\r\n', '\r'), leads: [lead] },
  { kind: 'gzip', content: gzipSync(plain), leads: [lead] },
  {
    kind: "Stripe's payments without dates of leads",
    content: payments.replaceAll(`,${january}`, ',').replace(',lead_created_at', ',Plan'),
    args: ['--from', 'stripe-payments'],
    leads: [{ leadId: '71', paidAt: february, billingCustomerId: 'cus_71' }],
    shows: [/the file has no lead_created_at: it only adds to leads that have a journey, and makes none/],
  },
  {
    kind: "Stripe's payments without ids of leads",
    content: payments.replace('lead_id', 'Plan'),
    args: ['--from', 'stripe-payments'],
    refused: /Missing column lead_id: the payments do not name their leads\. Join them with your users first/,
  },
  {
    kind: "Stripe's payments with dates of leads",
    content: payments,
    args: ['--from', 'stripe-payments'],
    leads: [payer],
    shows: [
      /line 3: the payment did not succeed\n/,
      /line 4: the payment was refunded in full\n/,
      /line 5: the payment has no customer, as of a guest\n/,
    ],
    hides: /cus_70|cus_69/,
  },
  {
    kind: 'HubSpot without a time zone',
    content: hubspot,
    args: ['--from', 'hubspot'],
    reasons: [/Create Date has no time zone; pass --time-zone/],
  },
  {
    kind: 'HubSpot',
    content: hubspot,
    args: ['--from', 'hubspot', '--time-zone', 'Europe/Berlin'],
    leads: [lead],
    shows: [/columns ignored: Lifecycle Stage\n/, /2016-01-05 10:00:00 Europe\/Berlin {2}2016-01-05T09:00:00Z\n/],
  },
  {
    kind: 'Pipedrive, with two addresses in one field',
    content:
      'Lead - ID,Lead - Title,Lead - Lead created,Person - Email\n71,Beta,2016-01-05 09:00:00,"z@example.org, y@example.org"',
    args: ['--from', 'pipedrive', '--time-zone', 'UTC'],
    leads: [lead],
    shows: [/line 2: Person - Email has several addresses; only the first is imported\n/],
  },
  {
    kind: 'dates of Excel in the US',
    content: us,
    args: ['--time-zone', 'UTC'],
    reasons: [
      /paid_at .* looks like month, day, year: pass --date-format "M\/D\/YYYY H:mm"$/,
      /lead_created_at .* cannot be told apart: pass --date-format "M\/D\/YYYY H:mm" if the month is first, or/,
    ],
  },
  {
    kind: 'dates of Excel in the US, with --date-format',
    content: us,
    args: ['--date-format', 'M/D/YYYY H:mm', '--time-zone', 'UTC'],
    leads: [payer],
  },
  {
    kind: 'German dates',
    content: german,
    args: germanMap,
    reasons: [/Erstellt am .* looks like day, month, year: pass --date-format "D\.M\.YYYY"; it also needs --time-zone/],
  },
  {
    kind: 'German dates, with --date-format',
    content: german,
    args: [...germanMap, '--date-format', 'DD.MM.YYYY', '--time-zone', 'Europe/Berlin'],
    leads: [{ leadId: '71', leadCreatedAt: '2016-01-04T23:00:00Z' }],
    shows: [/line 2: Land is neither an ISO 3166 code nor an English country name; the field is not imported\n/],
    hides: /Deutschland/,
  },
  {
    kind: 'an escape sequence in the header',
    content: `lead_id,lead_created_at,\x1b[31mred\n71,${january},\n`,
    refused: /Unknown columns: \\x1b\[31mred\./,
    hides: /[^\P{Cc}\n]/u,
  },
];

describe('a file that people have', () => {
  for (const { kind, content, args = [], leads = [], reasons = [], refused, shows = [], hides } of cases) {
    it(`with ${kind} is ${refused ? 'refused' : leads.length > 0 ? 'read' : 'rejected, and nothing is started'}`, async () => {
      await withFile(content, async (path) => {
        const text = await run(['import', path, '--dry-run', ...args]);
        const json = await run(['import', path, '--dry-run', '--json', ...args]);

        assert.equal(text.exitCode, leads.length > 0 ? 0 : 2, text.stdout + text.stderr);
        if (hides) assert.doesNotMatch(text.stdout + text.stderr + json.stdout, hides);
        if (refused) {
          assert.match(text.stderr, refused);
          assert.equal(json.stdout, '');
          return;
        }
        const { preview } = JSON.parse(json.stdout);
        for (const wanted of shows) assert.match(text.stdout, wanted);
        const withoutLines = preview.sample.map(({ line: _, local: __, ...known }: Record<string, unknown>) => known);
        assert.deepEqual(withoutLines, leads);
        assert.equal(preview.leads, leads.length);
        assert.equal(preview.reasons.length, reasons.length, JSON.stringify(preview.reasons));
        for (const [place, reason] of reasons.entries()) assert.match(preview.reasons[place].reason, reason);
      });
    });
  }
});
