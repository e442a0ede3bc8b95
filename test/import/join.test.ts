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

async function withFiles<T>(use: (paths: { payments: string; users: string }) => Promise<T>, paid = payments) {
  const folder = await mkdtemp(join(tmpdir(), 'import-join-'));
  try {
    const paths = { payments: join(folder, 'payments.csv'), users: join(folder, 'users.csv') };
    await writeFile(paths.payments, paid);
    await writeFile(paths.users, users);
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

describe("Stripe's payments and a file of users", () => {
  it("are joined by customer: each user has the customer's first payment that succeeded and was kept", async () => {
    const { sample, payments: read } = await preview();

    assert.deepEqual(paid(sample), ['1 cus_A 02-25']);
    assert.deepEqual([read.lines, read.payers, read.withoutUser, read.ambiguous], [10, 5, 4, 0]);
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
    assert.deepEqual([read.payers, read.withoutUser, read.ambiguous], [4, 0, 2]);
  });

  it('say in the preview what is left out', async () => {
    const args = ['--dry-run', '--join-by', 'email'];
    const { stdout } = await withFiles((paths) => run(['import', '--join', paths.payments, paths.users, ...args]));

    assert.match(stdout, /payments\.csv: 10 lines, the first payment of 4 e-mail addresses\n/);
    assert.match(stdout, / {2}2 e-mail addresses of several customers or leads; the payments are left out/);
    assert.match(stdout, / {4}line 5: the payment did not succeed\n/);
    assert.doesNotMatch(stdout, /@/);
  });

  it(
    'are imported together',
    onStage({}, async (stage) => {
      const { server, sandbox, journeys, account } = stage;
      const env = { ...server.env, JOURNEY_ACCOUNT: account };
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

  it('need the columns of payments, and one of the keys', async () => {
    const wrong = await withFiles((paths) => run(['import', '--join', paths.users, paths.users, '--dry-run']));
    const key = await withFiles((paths) =>
      run(['import', '--join', paths.payments, '--join-by', 'name', paths.users, '--dry-run']),
    );
    const alone = await withFiles((paths) => run(['import', '--join-by', 'email', paths.users, '--dry-run']));

    assert.deepEqual([wrong.exitCode, key.exitCode, alone.exitCode], [2, 2, 2]);
    assert.match(key.stderr, /--join-by must be one of customer, email\./);
    assert.match(alone.stderr, /--join-by needs --join\./);
  });
});
