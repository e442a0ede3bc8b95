import assert from 'node:assert/strict';
import { run } from '../cli/terminal-stand-in.js';
import { withFile } from './leads.js';
import { reading, told } from './reading.js';

const hubspot = [
  '"Record ID","First Name","Last Name","Email","Create Date","Became a Lead Date","Became a Customer Date",' +
    '"Lifecycle Stage","Country/Region","Company Name"',
  '"101","Ann","Lee","ann@example.org","2016-01-05 09:12","2016-01-06 09:12","2016-02-25 10:30","Customer",' +
    '"United States","Acme, Inc."',
] as const;

describe('--from', () => {
  for (const [from, header, record, leadId, createdAt, profile] of [
    [
      'hubspot',
      ...hubspot,
      '101',
      '2016-01-05T09:12:00Z',
      { name: 'Ann Lee', email: 'ann@example.org', company: 'Acme, Inc.', country: 'US' },
    ],
    [
      'salesforce',
      'Lead ID,First Name,Last Name,Company / Account,Email,Create Date,State/Province,Zip/Postal Code,Country,Rating',
      '00Q1,Ann,Lee,Acme,ann@example.org,2016-01-05,NY,10001,United States,Hot',
      '00Q1',
      '2016-01-05T00:00:00Z',
      { name: 'Ann Lee', email: 'ann@example.org', company: 'Acme', country: 'US', state: 'NY', zip: '10001' },
    ],
    [
      'salesforce',
      'Id,IsDeleted,LastName,Company,City,PostalCode,CreatedDate,ConvertedDate',
      '00Q2,false,Lee,Acme,Berlin,10115,2016-01-05T09:12:11.000+0000,',
      '00Q2',
      '2016-01-05T09:12:11Z',
      { name: 'Lee', company: 'Acme', city: 'Berlin', zip: '10115' },
    ],
    [
      'pipedrive',
      'Lead - Title,Lead - ID,Lead - Lead created,Person - Name,Person - Email,Organization - Name',
      'Acme lead,3f2a-1,2016-01-05 09:12:11,Ann Lee,"ann@example.org, ann2@example.org",Acme',
      '3f2a-1',
      '2016-01-05T09:12:11Z',
      { name: 'Ann Lee', email: 'ann@example.org', company: 'Acme' },
    ],
    [
      'pipedrive',
      'Deal - ID,Deal - Deal created,Deal - Won time,Person - Email - Work,Organization - Country of Address',
      '7,2016-01-05 09:12:11,2016-02-25 10:30:00,ann@example.org,Germany',
      '7',
      '2016-01-05T09:12:11Z',
      { email: 'ann@example.org', country: 'DE' },
    ],
    [
      'ChartMogul',
      'Name,Email,Company,Country,State,City,Zip,External ID,Lead created at,Free trial started at',
      'Ann,ann@example.org,,US,,Chicago,60611,I-1,2016-01-05T00:00:00Z,2016-01-06T00:00:00Z',
      'I-1',
      '2016-01-05T00:00:00Z',
      { name: 'Ann', email: 'ann@example.org', country: 'US', city: 'Chicago', zip: '60611' },
    ],
  ] as const) {
    it(`${from} reads ${header.slice(0, 40)}...`, async () => {
      const [line] = await reading(`${header}\n${record}`, { from, timeZone: 'UTC' });

      assert.ok(line?.isGood, told(line ? [line] : [])[0]);
      assert.equal(line.leadId, leadId);
      assert.equal(line.facts.leadCreatedAt, createdAt);
      assert.deepEqual(line.reports.leadCreated?.profile, profile);
      assert.equal(line.reports.paymentSucceeded, undefined);
    });
  }

  it('is overridden by --map, and reads our own names', async () => {
    const content = `${hubspot[0]},trial_started_at\n${hubspot[1]},2016-01-20`;
    const maps = ['Became a Lead Date=lead_created_at', 'Became a Customer Date=paid_at', 'Email=', 'Last Name=name'];
    const [line] = await reading(content, { from: 'hubspot', timeZone: 'UTC', maps });

    assert.ok(line?.isGood);
    assert.deepEqual(line.reports, {
      leadCreated: {
        occurredAt: '2016-01-06T09:12:00Z',
        profile: { name: 'Lee', company: 'Acme, Inc.', country: 'US' },
      },
      trialStarted: { occurredAt: '2016-01-20T00:00:00Z' },
      paymentSucceeded: { occurredAt: '2016-02-25T10:30:00Z' },
    });
  });

  it('never loses half of a name to an empty or missing other half', async () => {
    const header = 'Record ID,Create Date,First Name,Last Name';
    const lines = await reading(
      `${header}\n1,2016-01-05,Ann,\n2,2016-01-05,,Lee\n3,2016-01-05,NULL,Lee\n4,2016-01-05,,`,
      { from: 'hubspot', timeZone: 'UTC' },
    );

    assert.deepEqual(
      lines.map((line) => line.isGood && line.reports.leadCreated?.profile?.name),
      ['Ann', 'Lee', 'Lee', undefined],
    );
  });

  it('uses the second of two names if the file has no first', async () => {
    const content = 'Record ID,Became a Lead Date\n1,2016-01-06';
    const [line] = await reading(content, { from: 'hubspot', timeZone: 'UTC' });

    assert.equal(line?.isGood && line.facts.leadCreatedAt, '2016-01-06T00:00:00Z');
  });

  it('ignores other columns, and the preview lists them', async () => {
    const { exitCode, stdout } = await withFile(hubspot.join('\n'), (path) =>
      run(['import', path, '--dry-run', '--from', 'hubspot', '--time-zone', 'UTC']),
    );

    assert.equal(exitCode, 0);
    assert.match(stdout, /columns ignored: Became a Lead Date, Became a Customer Date, Lifecycle Stage\n/);
  });

  it('detects the delimiter by its own names', async () => {
    const lines = await reading('Record ID;Create Date;Notes, more, and more\n1;2016-01-05;', {
      from: 'hubspot',
      timeZone: 'UTC',
    });

    assert.deepEqual(told(lines), ['2: 1']);
  });

  it('names the columns that it needs, without those of the file', async () => {
    for (const [from, header, message] of [
      [
        'hubspot',
        'Record ID,Email',
        /Missing column lead_created_at: --from hubspot reads "Create Date" or "Became a Lead Date"\. Export it, or pass/,
      ],
      ['pipedrive', 'Ann Lee,Lead - Lead created', /Missing column lead_id: --from pipedrive reads "Lead - ID" or/],
      ['stripe-payments', 'Created (UTC),Customer ID,Status,Plan', /Join them with your users first/],
      ['stripe-payments', 'Created (UTC),lead_created_at,lead_id', /needs the columns Status and Customer ID: export/],
      ['hubspot', 'ann@example.org,2016-01-05', /The first line looks like data, not like a header/],
    ] as const) {
      const { exitCode, stderr } = await withFile(`${header}\n`, (path) =>
        run(['import', path, '--dry-run', '--from', from]),
      );

      assert.equal(exitCode, 2);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /Ann|ann@/);
    }
  });

  it('refuses unknown products', async () => {
    const { exitCode, stderr } = await withFile('a', (path) => run(['import', path, '--dry-run', '--from', 'zoho']));

    assert.equal(exitCode, 2);
    assert.match(stderr, /^Unknown --from zoho: use hubspot, salesforce, pipedrive, chartmogul, stripe-payments\./);
  });
});

describe('--from stripe-payments', () => {
  const header =
    'id,Created date (UTC),Amount,Amount Refunded,Currency,Status,Customer ID,Customer Email,user_id (metadata),Signup';
  const maps = ['Signup=lead_created_at'];
  const payment = (id: number, amounts: string, status: string, customer = `cus_${id}`) =>
    `ch_${id},2016-02-25 09:30:00,${amounts},usd,${status},${customer},a@example.org,${id},2016-01-05T00:00:00Z`;

  it('reads succeeded payments, in UTC even if other dates are not', async () => {
    const content = [header, payment(1, '49.00,0.00', 'Paid'), payment(2, '"1,299.00",100.00', 'Partially Refunded')];
    const lines = await reading(content.join('\n'), { from: 'stripe-payments', maps, timeZone: 'America/New_York' });

    assert.deepEqual(
      lines.map((line) => line.isGood && [line.leadId, line.reports.paymentSucceeded]),
      ['1', '2'].map((id) => [id, { occurredAt: '2016-02-25T09:30:00Z', billingCustomerId: `cus_${id}` }]),
    );
  });

  it('reads amounts with a currency, and refuses those that it cannot read: they may be zero', async () => {
    const content = [
      header,
      payment(1, '$0.00,$0.00', 'Paid'),
      payment(2, '0 EUR,0 EUR', 'Paid'),
      payment(3, '"US$ 1,299.00","US$ 1,299.00"', 'Paid'),
      payment(4, '"1.299,00 €","0,00 €"', 'Paid'),
      payment(5, '-$49.00,0.00', 'Paid'),
      payment(6, '(49.00),0.00', 'Paid'),
      payment(7, '49.00,none', 'Paid'),
      payment(8, 'unknown,0.00', 'Failed'),
      payment(9, '49.00,-49.00', 'Refunded'),
    ].join('\n');
    assert.deepEqual(told(await reading(content, { from: 'stripe-payments', maps })), [
      '2: (the amount is zero)',
      '3: (the amount is zero)',
      '4: (the payment was refunded in full)',
      '5: 4',
      '6: (the amount is negative)',
      '7: Amount is not an amount, for example 49.00',
      '8: Amount Refunded is not an amount, for example 49.00',
      '9: (the payment did not succeed)',
      '10: (the payment was refunded in full)',
    ]);
  });

  it('leaves out what is not a payment of a customer, and counts it by reason', async () => {
    const content = [
      header,
      payment(1, '49.00,0.00', 'Paid'),
      payment(2, '49.00,0.00', 'Failed'),
      payment(3, '49.00,49.00', 'Refunded'),
      payment(4, '"1.299,00","1.299,00"', 'Paid'),
      payment(5, '49.00,10.00', 'Refunded'),
      payment(6, '0.00,0.00', 'Paid'),
      payment(7, '49.00,0.00', 'Paid', ''),
      payment(8, '49.00,0.00', 'requires_capture'),
      payment(9, '49.00,', ''),
    ].join('\n');
    const lines = await reading(content, { from: 'stripe-payments', maps });
    const { exitCode, stdout } = await withFile(content, (path) =>
      run(['import', path, '--dry-run', '--from', 'stripe-payments', '--map', 'Signup=lead_created_at']),
    );

    assert.deepEqual(told(lines), [
      '2: 1',
      '3: (the payment did not succeed)',
      '4: (the payment was refunded in full)',
      '5: (the payment was refunded in full)',
      '6: 5',
      '7: (the amount is zero)',
      '8: (the payment has no customer, as of a guest)',
      '9: (the payment did not succeed)',
      '10: (the payment did not succeed)',
    ]);
    assert.equal(exitCode, 0);
    assert.match(stdout, /9 lines\n {2}2 leads, 2 with a billing customer\n/);
    assert.match(stdout, / {2}lines with nothing to import; they are left out:\n {4}3 lines: the payment did not/);
    assert.match(stdout, / {4}line 7: the amount is zero\n/);
  });
});
