import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../cli/terminal-stand-in.js';
import { Probed } from './probing.js';

describe('customer-journey probe', () => {
  const test = new Probed();
  const env = (key = 'sandbox-key', url = test.sandbox.url) => ({ CHARTMOGUL_API_KEY: key, CHARTMOGUL_URL: url });
  const probe = (args: readonly string[], options: Parameters<typeof run>[1] = {}) =>
    run(['probe', ...args], { env: env(), ...options });

  it('without --i-know says what it would do, and sends nothing', async () => {
    await test.start();
    const sent = test.sandbox.requests().length;
    const { exitCode, stdout } = await probe([]);
    assert.equal(exitCode, 2);
    assert.match(stdout, /three customers.*Nothing was done\. If this is fine, add --i-know\./s);
    const json = await probe(['--json']);
    assert.equal(JSON.parse(json.stderr).error.code, 'usage');
    assert.equal(test.sandbox.requests().length, sent);
  });

  it('prints a table beside the sandbox, the times, the command of a sandbox, and writes the file to send', async () => {
    await test.start({ mergeDates: 'earliest', secondMerge: '422', mergeDelayMs: 0 });
    const before = await test.account();
    const folder = await mkdtemp(join(tmpdir(), 'probe-'));
    const out = join(folder, 'answers.json');
    const { exitCode, stdout, stderr } = await probe(['--i-know', '--rate', '20', '--out', out]);
    const sent = JSON.parse(await readFile(out, 'utf8'));
    await rm(folder, { recursive: true });
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /the rule for dates after a merge +mergeDates +earliest +primary_wins +yes/);
    assert.match(stdout, /a second merge of a merged record +secondMerge +422, shape B \(from\) +404 +yes/);
    assert.match(stdout, /a new customer needs a name +nameRequired +false +false +-/);
    // Three questions about dates, their rule, and the second merge.
    assert.match(stdout, /27 answers, of which 5 differ from the sandbox's default\./);
    assert.match(stdout, /Merges took [\d.]+ to [\d.]+ s, .*\nThe unmerge took [\d.]+ to [\d.]+ s\./);
    assert.match(stdout, /npm run sandbox -- .*--second-merge 422 .*--merge-dates earliest/);
    assert.match(stderr, /Merge 1 of 3: .*\n.*Merge 2 of 3.*Unmerge.*Merge 3 of 3.*Clean-up/s);
    assert.deepEqual([sent.isComplete, sent.settings.mergeDates], [true, 'earliest']);
    assert.deepEqual(await test.account(), before);
  });

  it('with --json prints one document, also if it ends early', async () => {
    await test.start();
    test.sandbox.fault({ route: 'POST /v1/customers/merges', status: 402 });
    const { exitCode, stdout } = await probe(['--i-know', '--rate', '20', '--json']);
    const { answers, unanswered, isComplete, stoppedBy } = JSON.parse(stdout);
    assert.equal(exitCode, 1);
    assert.equal(isComplete, false);
    assert.ok(answers.length > 0 && unanswered.length > 0);
    assert.equal(stoppedBy, 'The probe ended early: ChartMogul refused a merge: 402, shape A.');
  });

  it('prints only the reason, and writes no file to send, if there is no answer', async () => {
    await test.start();
    const before = await test.account();
    const { exitCode, stdout, stderr } = await probe(['--i-know'], { env: env('sandbox-readonly-key') });
    assert.equal(exitCode, 78);
    assert.equal(stdout, '');
    assert.match(stderr, /The probe ended early: ChartMogul refused to create a data source \(403, shape A\)/);
    assert.deepEqual(await test.account(), before);
  });

  it('removes what an earlier probe left if that is confirmed, and then asks', async () => {
    await test.start({ mergeDelayMs: 0 });
    const before = await test.account();
    test.sandbox.fault({ route: 'POST /v1/customers/merges', status: 402 });
    test.sandbox.fault({ route: 'DELETE /v1/data_sources/:uuid', status: 402 });
    await test.probe().run();
    const asked: string[] = [];
    const answering = (answer: boolean) => ({
      confirm: async (question: string) => {
        asked.push(question);
        return answer;
      },
    });
    const left = await test.account();
    assert.equal((await probe(['--i-know', '--rate', '20'], answering(false))).exitCode, 2);
    assert.deepEqual(await test.account(), left);
    assert.equal((await probe(['--i-know', '--rate', '20'], answering(true))).exitCode, 0);
    assert.match(asked[0] ?? '', /An earlier probe left 2 data sources, or another one runs now/);
    assert.deepEqual(await test.account(), before);
  });

  const refusals: [what: string, args: string[], env: () => NodeJS.ProcessEnv, exitCode: number, message: RegExp][] = [
    ['no key', [], () => ({}), 78, /CHARTMOGUL_API_KEY is missing/],
    ['an invalid key', [], () => env('wrong'), 78, /the list of data sources \(401, shape A\).*may read and write/],
    [
      'a read-only key',
      [],
      () => env('sandbox-readonly-key'),
      78,
      /create a data source \(403, .*may read\s+and\s+write/s,
    ],
    ['a rate of zero', ['--rate', '0'], env, 2, /--rate must be a whole number from 1 to 20/],
    ['a file in no folder', ['--out', '/nowhere/answers.json'], env, 2, /--out: ENOENT/],
  ];
  for (const [what, args, environment, exitCode, message] of refusals) {
    it(`refuses ${what}, and changes nothing`, async () => {
      await test.start();
      const before = await test.account();
      const said = await probe(['--i-know', ...args], { env: environment() });
      assert.equal(said.exitCode, exitCode, said.stderr);
      assert.match(said.stderr, message);
      assert.deepEqual(await test.account(), before);
    });
  }

  it('says if there is nothing to clean up', async () => {
    await test.start();
    const { exitCode, stdout } = await probe(['--i-know', '--clean-up']);
    assert.deepEqual([exitCode, stdout], [0, 'Nothing is left of earlier probes.\n']);
  });
});
