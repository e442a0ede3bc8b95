import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../cli/terminal-stand-in.js';
import { onStage } from '../support/journeys.js';

const header = 'id,Created date (UTC),Amount,Amount Refunded,Currency,Status,Customer ID,Customer Email';
const payment = (id: number, day: string, more: string) => `ch_${id},2016-${day} 10:00:00,${more}`;
/** Newest first, as Stripe exports them. */
const payments = [
  header,
  payment(1, '04-01', '49.00,0.00,usd,Paid,cus_A,ann@example.org'),
  payment(2, '03-01', '"1,299.00","1,299.00",usd,Refunded,cus_B,bob@example.org'),
  payment(3, '02-25', '49.00,10.00,usd,Paid,cus_A,ann@example.org'),
  payment(4, '02-24', '49.00,0.00,usd,Failed,cus_A,ann@example.org'),
  payment(5, '02-23', '49.00,0.00,usd,Paid,,guest@example.org'),
  payment(6, '02-22', '0.00,0.00,usd,Paid,cus_D,Dan@Example.org'),
  payment(7, '02-21', '49.00,0.00,usd,Paid,cus_D,Dan@Example.org'),
  payment(8, '02-20', '49.00,0.00,usd,Paid,cus_E,eve@example.org'),
  payment(9, '02-19', '49.00,0.00,usd,Paid,cus_E2,eve@example.org'),
  payment(10, '02-18', '49.00,0.00,usd,Paid,cus_F,family@example.org'),
].join('\n');
const created = '2016-01-05T00:00:00Z';
const users = [
  'lead_id,lead_created_at,billing_customer_id,email',
  `1,${created},cus_A,ann@example.org`,
  `2,${created},cus_B,bob@example.org`,
  `4,${created},,dan@example.org`,
  `5,${created},,eve@example.org`,
  `6,${created},,family@example.org`,
  `7,${created},,family@example.org`,
].join('\n');

async function withFiles<T>(
  use: (paths: { payments: string; users: string }) => Promise<T>,
  paid = payments,
  leads = users,
) {
  const folder = await mkdtemp(join(tmpdir(), 'import-join-'));
  try {
    const paths = { payments: join(folder, 'payments.csv'), users: join(folder, 'users.csv') };
    await writeFile(paths.payments, paid);
    await writeFile(paths.users, leads);
    return await use(paths);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function preview(...more: readonly string[]) {
  const { exitCode, stdout, stderr } = await withFiles((paths) =>
    run(['import', '--join', paths.payments, paths.users, '--dry-run', '--json', ...more]),
  );
  assert.equal(exitCode, 0, stderr);
  return JSON.parse(stdout).preview;
}

/** What is known of each lead that has paid. */
function paid(sample: readonly { leadId: string; paidAt?: string; billingCustomerId?: string }[]) {
  return sample.flatMap(({ leadId, paidAt, billingCustomerId }) =>
    paidAt === undefined ? [] : [`${leadId} ${billingCustomerId} ${paidAt.slice(5, 10)}`],
  );
}

const userHeader = 'lead_id,lead_created_at,billing_customer_id,email,trial_started_at';
const paidBy = (customer: string, email: string, status = 'Paid') => `49.00,0.00,usd,${status},${customer},${email}`;

/** The lines of users without their creation date, those with a payment as joined, and the lines that get none. */
const byEmail = [
  {
    what: "the first payment is the customer's, also from before the customer changed the address",
    paid: [`03-01 ${paidBy('cus_A', 'new@example.org')}`, `02-01 ${paidBy('cus_A', 'old@example.org')}`],
    leads: ['1,,new@example.org,'],
    expected: ['1 cus_A 02-01'],
    unclear: [],
  },
  {
    what: 'a customer with the addresses of two leads belongs to neither',
    paid: [`03-01 ${paidBy('cus_A', 'new@example.org')}`, `02-01 ${paidBy('cus_A', 'old@example.org')}`],
    leads: ['1,,new@example.org,', '2,,old@example.org,'],
    expected: [],
    unclear: [2, 3],
  },
  {
    what: "a lead's own customer is never given another customer's payment",
    paid: [`02-01 ${paidBy('cus_A', 'ann@example.org')}`],
    leads: ['1,cus_X,ann@example.org,'],
    expected: [],
    unclear: [2],
  },
  {
    what: "a lead's own customer is joined whatever address it paid with",
    paid: [`02-01 ${paidBy('cus_A', 'ann@example.org')}`, `03-01 ${paidBy('cus_X', 'billing@example.org')}`],
    leads: ['1,cus_X,ann@example.org,'],
    expected: ['1 cus_X 03-01'],
    unclear: [],
  },
  {
    what: 'a customer of one lead is not given to another lead with its address',
    paid: [`02-01 ${paidBy('cus_A', 'ann@example.org')}`],
    leads: ['1,,ann@example.org,', '2,cus_A,other@example.org,'],
    expected: ['2 cus_A 02-01'],
    unclear: [2],
  },
  {
    what: 'an address is shared with a lead that has another customer, which may be the same person',
    paid: [`02-01 ${paidBy('cus_A', 'ann@example.org')}`],
    leads: ['1,cus_X,ann@example.org,', '2,,Ann@example.org,'],
    expected: [],
    unclear: [2, 3],
  },
  {
    what: 'an address is shared with a lead that has another customer, who has paid with another address',
    paid: [`02-01 ${paidBy('cus_A', 'ann@example.org')}`, `03-01 ${paidBy('cus_X', 'billing@example.org')}`],
    leads: ['1,cus_X,ann@example.org,', '2,,ann@example.org,'],
    expected: ['1 cus_X 03-01'],
    unclear: [3],
  },
  {
    what: 'a customer is shared with a lead whose address several customers have',
    paid: [
      `03-01 ${paidBy('cus_A', 'ann@example.org')}`,
      `02-01 ${paidBy('cus_A', 'office@example.org')}`,
      `02-02 ${paidBy('cus_B', 'office@example.org')}`,
    ],
    leads: ['1,,office@example.org,', '2,,ann@example.org,'],
    expected: [],
    unclear: [2, 3],
  },
  {
    what: 'an address is shared with a lead that has several addresses',
    paid: [`02-01 ${paidBy('cus_A', 'ann@example.org')}`],
    leads: ['1,,bob@example.org; ann@example.org,', '2,,ann@example.org,'],
    expected: [],
    unclear: [3],
  },
  {
    what: 'an address may be written with a name, or as a link',
    paid: [`02-01 ${paidBy('cus_A', 'ann@example.org')}`, `02-02 ${paidBy('cus_B', 'bob@example.org')}`],
    leads: ['1,,Ann Lee <Ann@example.org>,', '2,,mailto:ann@example.org,', '3,,<bob@example.org>,'],
    expected: ['3 cus_B 02-02'],
    unclear: [2, 3],
  },
  {
    what: 'an address is shared even if the line of the other lead is bad',
    paid: [`02-01 ${paidBy('cus_A', 'ann@example.org')}`],
    leads: ['1,,ann@example.org,', '2,,ann@example.org,yesterday'],
    expected: [],
    unclear: [2, 3],
  },
  {
    what: 'a field with several addresses joins nothing',
    paid: [`02-01 ${paidBy('cus_A', 'ann@example.org')}`],
    leads: ['1,,ann@example.org; bob@example.org,'],
    expected: [],
    unclear: [],
  },
  {
    what: 'two lines of one lead share its address',
    paid: [`02-01 ${paidBy('cus_A', 'ann@example.org')}`],
    leads: ['1,,ann@example.org,', '1,,ANN@example.org ,2016-01-07T00:00:00Z'],
    expected: ['1 cus_A 02-01'],
    unclear: [],
  },
  {
    what: 'a customer whose payments all failed does not share the address',
    paid: [`02-01 ${paidBy('cus_A', 'ann@example.org', 'Failed')}`, `02-02 ${paidBy('cus_B', 'ann@example.org')}`],
    leads: ['1,,ann@example.org,'],
    expected: ['1 cus_B 02-02'],
    unclear: [],
  },
  {
    what: 'payments and leads without an address, or with a placeholder, are nobody else',
    paid: [`02-01 ${paidBy('cus_A', '')}`, `02-02 ${paidBy('cus_B', 'NULL')}`, `02-03 ${paidBy('cus_C', 'n/a')}`],
    leads: ['1,,,', '2,,NULL,', '3,,n/a,'],
    expected: [],
    unclear: [],
  },
];

describe("Stripe's payments and a file of users", () => {
  it("are joined by customer: each user has the customer's first payment that succeeded and was kept", async () => {
    const { sample, payments: read } = await preview();

    assert.deepEqual(paid(sample), ['1 cus_A 02-25']);
    assert.deepEqual([read.lines, read.payers, read.withoutUser, read.ambiguous], [10, 5, 4, []]);
    assert.deepEqual(
      read.omitted.map(({ reason, lines }: { reason: string; lines: number[] }) => [reason, ...lines]),
      [
        ['the payment was refunded in full', 3],
        ['the payment did not succeed', 5],
        ['the payment has no customer, as of a guest', 6],
        ['the amount is zero', 7],
      ],
    );
  });

  it('are joined by e-mail address on request, without those of several customers or users', async () => {
    const { sample, payments: read } = await preview('--join-by', 'email');

    assert.deepEqual(paid(sample), ['1 cus_A 02-25', '4 cus_D 02-21']);
    assert.deepEqual([read.payers, read.withoutUser], [5, 0]);
    assert.deepEqual(read.ambiguous, [
      { reason: 'another lead has the e-mail address, or the customer', count: 2, lines: [6, 7] },
      { reason: 'several customers have the e-mail address', count: 1, lines: [5] },
    ]);
  });

  for (const { what, paid: rows, leads, expected, unclear } of byEmail) {
    it(`by e-mail: ${what}`, async () => {
      const paidFile = [header, ...rows.map((row, index) => payment(index, row.slice(0, 5), row.slice(6)))].join('\n');
      const userFile = [userHeader, ...leads.map((lead) => lead.replace(',', `,${created},`))].join('\n');
      const { stdout } = await withFiles(
        ({ payments, users }) =>
          run(['import', '--join', payments, '--join-by', 'email', users, '--dry-run', '--json', '--skip-bad']),
        paidFile,
        userFile,
      );
      const { sample, payments: read } = JSON.parse(stdout).preview;

      assert.deepEqual(paid(sample), expected);
      assert.deepEqual(read.ambiguous.flatMap(({ lines }: { lines: number[] }) => lines).sort(), unclear);
    });
  }

  it('say in the preview what is left out', async () => {
    const args = ['--dry-run', '--join-by', 'email'];
    const { stdout } = await withFiles((paths) => run(['import', '--join', paths.payments, paths.users, ...args]));

    assert.match(stdout, /payments\.csv: 10 lines, the first payment of 5 customers\n/);
    assert.match(stdout, / {2}leads whose e-mail address does not tell their customer; they get no payment:\n/);
    assert.match(stdout, / {4}line 5: several customers have the e-mail address\n/);
    assert.match(stdout, / {4}line 5: the payment did not succeed\n/);
    assert.doesNotMatch(stdout, /@/);
  });

  it(
    'are imported together',
    onStage({}, async (stage) => {
      const { env, sandbox, journeys } = stage;
      sandbox.ingest({ external_id: 'cus_A', paid_at: '2016-02-25T10:00:00Z' });

      const { exitCode } = await withFiles((paths) =>
        run(['import', '--join', paths.payments, paths.users, '--yes'], { env }),
      );

      assert.equal(exitCode, 0);
      const { outcome, paidAt, billingCustomerId } = await journeys.handle('1').result();
      assert.deepEqual([outcome, paidAt, billingCustomerId], ['proven', '2016-02-25T10:00:00Z', 'cus_A']);
      assert.equal((await journeys.summary('2')).paidAt, undefined);
    }),
  );

  it('are refused if a payment cannot be read, unless with --skip-bad', async () => {
    const damaged = payments.replace('2016-04-01 10:00:00', 'yesterday');
    const importing = (...more: readonly string[]) =>
      withFiles((paths) => run(['import', '--join', paths.payments, paths.users, '--dry-run', ...more]), damaged);

    const refused = await importing();
    const skipped = await importing('--skip-bad');

    assert.deepEqual([refused.exitCode, skipped.exitCode], [2, 0]);
    assert.match(refused.stderr, /payments\.csv has lines that cannot be read\. Fix them, or pass --skip-bad/);
    assert.match(refused.stdout, /lines that cannot be read:\n {4}line 2: Created date \(UTC\) /);
  });

  it('are refused with the reasons if no line is a payment of a customer', async () => {
    const refused = async (paid: string) => {
      const { exitCode, stderr } = await withFiles(
        (paths) => run(['import', '--join', paths.payments, paths.users, '--dry-run']),
        paid,
      );
      assert.equal(exitCode, 2);
      assert.doesNotMatch(stderr, /@|--date-format|--map|\[object/);
      return stderr;
    };
    const failed = payment(1, '04-01', paidBy('cus_A', 'ann@example.org', 'Failed'));

    assert.match(await refused(`${header}\n`), /no payment of a customer: it has only a header\./);
    assert.match(
      await refused(`${header}\n${failed}\n${failed}`),
      /2 lines, the first is 2: the payment did not succeed/,
    );
    const saved = failed.replace('Failed', 'Paid').replace('2016-04-01 10:00:00', '4/1/2016 10:00');
    assert.match(
      await refused(`${header}\n${saved}`),
      /1 line, the first is 2: Created date \(UTC\) is not RFC 3339 and not as in Stripe's export, .*: use the file as/,
    );
    assert.match(
      await refused(payments.replace('Created date (UTC)', 'Created date')),
      /The file of payments has no column "Created date \(UTC\)" or "Created \(UTC\)": export all columns\./,
    );
    assert.match(
      await refused(payments.replace('Customer ID', 'Customer')),
      /The file of payments has no column "Customer ID": export all columns\./,
    );
  });

  it('need the columns of payments, and one of the keys', async () => {
    const wrong = await withFiles((paths) => run(['import', '--join', paths.users, paths.users, '--dry-run']));
    const key = await withFiles((paths) =>
      run(['import', '--join', paths.payments, '--join-by', 'name', paths.users, '--dry-run']),
    );
    const alone = await withFiles((paths) => run(['import', '--join-by', 'email', paths.users, '--dry-run']));

    assert.deepEqual([wrong.exitCode, key.exitCode, alone.exitCode], [2, 2, 2]);
    assert.match(key.stderr, /--join-by must be one of customer, email\./);
    const email = ['--join-by', 'email'];
    const withoutEmail = await withFiles(
      (paths) => run(['import', '--join', paths.payments, ...email, paths.users, '--dry-run']),
      payments,
      `lead_id,lead_created_at\n1,${created}`,
    );
    assert.deepEqual(withoutEmail.exitCode, 2);
    assert.match(withoutEmail.stderr, /--join-by email needs a column email\./);
    assert.match(alone.stderr, /--join-by needs --join\./);
  });
});
