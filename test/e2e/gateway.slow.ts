import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { JourneyClient } from '../../packages/client/src/index.js';
import { testServer } from '../support/temporal-server.js';
import {
  customerJourney,
  type Environment,
  endProcesses,
  type Running,
  start,
  temporalEnvironment,
} from './processes.js';

const anyPorts = { GATEWAY_PORT: '0', GATEWAY_OPERATIONS_PORT: '0' };
const leadCreated = { occurredAt: '2016-01-05T00:00:00Z' };

describe('a gateway process', () => {
  afterEach(endProcesses);

  it('accepts events with a key from the command line, and on SIGTERM responds to pending requests', async () => {
    const account = `gateway-${randomUUID().slice(0, 8)}`;
    const temporal = await temporalEnvironment(account);
    const made = await customerJourney(['key', '--name', 'crm', '--json'], temporal);
    const { key, entry } = JSON.parse(made.stdout);
    const gateway = await start('src/starter.ts', ['gateway'], { ...temporal, ...anyPorts, GATEWAY_KEYS: entry });
    const application = new JourneyClient({ url: await urlOf(gateway), key, giveUpAfterMs: 0 });

    const { journeyId } = await application.leadCreated('lead_1', leadCreated);
    const underWay = Array.from({ length: 50 }, (_, index) => application.leadCreated(`lead_${index}`, leadCreated));
    await underWay[0];
    gateway.process.kill('SIGTERM');
    const answers = await Promise.allSettled(underWay);
    const { exitCode, stdout } = await gateway.ended;

    assert.equal(exitCode, 0, stdout);
    assert.equal(journeyId, `journey/${account}/lead_1`);
    const { client } = await testServer();
    for (const answer of answers) {
      if (answer.status === 'fulfilled') await client.workflow.getHandle(answer.value.journeyId).describe();
    }
    assert.match(stdout, /"keys":\["crm"\].*gateway started/);
    assert.match(stdout, /gateway stopped/);
    assert.ok(!stdout.includes(key), 'no key in the log');
    for (const line of stdout.trim().split('\n')) JSON.parse(line);
  });

  const refused: [what: string, args: string[], env: Environment, exitCode: number, words: RegExp][] = [
    ['without keys', ['gateway'], {}, 78, /GATEWAY_KEYS is missing: create a key with `customer-journey key`/],
    [
      'without Temporal',
      ['gateway', '--insecure-local'],
      { TEMPORAL_ADDRESS: '127.0.0.1:1' },
      75,
      /^Temporal cannot be reached at 127\.0\.0\.1:1 .*TEMPORAL_ADDRESS/,
    ],
    ['with an unknown option', ['gateway', '--insecure'], {}, 2, /--insecure/],
  ];
  for (const [what, args, env, exitCode, words] of refused) {
    it(`exits with ${exitCode} and one message ${what}`, async () => {
      const ended = await customerJourney(args, { ...(await temporalEnvironment('gateway')), ...anyPorts, ...env });

      assert.equal(ended.exitCode, exitCode, ended.stderr);
      assert.match(ended.stderr, words);
      assert.doesNotMatch(ended.stderr, /^\s+at /m, 'no stack trace');
    });
  }

  it('exits with one message if its port is in use', async () => {
    const temporal = await temporalEnvironment('gateway');
    const first = await start('src/starter.ts', ['gateway', '--insecure-local'], { ...temporal, ...anyPorts });
    const { port } = new URL(await urlOf(first));

    const env = { ...temporal, ...anyPorts, GATEWAY_PORT: port };
    const second = await customerJourney(['gateway', '--insecure-local'], env);

    assert.equal(second.exitCode, 78, second.stderr);
    assert.match(second.stderr, new RegExp(`127\\.0\\.0\\.1:${port} is already in use.*GATEWAY_PORT`));
  });
});

async function urlOf(gateway: Running): Promise<string> {
  await gateway.said('gateway started');
  const line =
    gateway
      .output()
      .split('\n')
      .find((text) => text.includes('gateway started')) ?? '';
  return JSON.parse(line).url;
}
