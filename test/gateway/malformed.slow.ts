import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import pLimit from 'p-limit';
import { openStage, type Stage } from '../support/journeys.js';
import { runs } from '../support/runs.js';
import { undescribed } from './described.js';
import { openGateway, type TestGateway } from './gateways.js';
import { exchange } from './raw-http.js';
import { type RawRequest, requests } from './requests.js';

const chartMogulSecret = 'abcdefghijklmnopqrstuvwxyz';
const count = runs(800);
const atOnce = 100;
/** Half of the requests have about 7.5 MB of bytes; the sandbox, the worker and the test itself keep some 3 MB. */
const mostGrowthMb = 6;

describe('a gateway that gets whatever can be sent', () => {
  let stage: Stage;
  let gateway: TestGateway;
  before(async () => {
    stage = await openStage();
    const { account, sandbox } = stage;
    gateway = await openGateway({
      account,
      env: {
        CHARTMOGUL_WEBHOOK_SECRETS: `${account}:${chartMogulSecret}`,
        STRIPE_WEBHOOK_SECRETS: `${account}:test:whsec_0123456789abcdef0123`,
        CHARTMOGUL_URL: sandbox.url,
      },
    });
  });
  after(async () => {
    await gateway.close();
    await stage.close();
  });

  it('answers as its OpenAPI document describes, never with a 5xx, and keeps nothing of it', async () => {
    const seed = Date.now();
    const sample = (half: number) =>
      fc.sample(requests({ key: gateway.keys.all, chartMogulSecret }), { numRuns: count / 2, seed: seed + half });

    const first = await sendAll(sample(1));
    const before = heapMb(gateway.logged); // code is compiled, connections are made, caches are full
    const second = await sendAll(sample(2));
    const growthMb = heapMb(gateway.logged) - before;

    assert.deepEqual([...first, ...second], [], `seed ${seed}`);
    assert.ok(growthMb < mostGrowthMb, `${growthMb.toFixed(1)} MB more after ${count / 2} requests`);
    assert.deepEqual(
      gateway.logged.filter((line) => line.includes('"unexpected error"')),
      [],
    );
  });

  it('answers an event that it has read before it refuses the rubbish behind it', async () => {
    const answers = await exchange(gateway.url, `${eventOf('lead_1', gateway.keys.all)}rubbish\r\n\r\n`, {
      answers: 2,
    });

    assert.deepEqual(
      answers.map(({ status }) => status),
      [202, 400],
    );
    assert.equal((await stage.journeys.summary('lead_1')).leadId, 'lead_1');
  });

  it('answers several events on one connection in their order', async () => {
    const leads = ['lead_2', 'lead_3', 'lead_4'];
    const bytes = leads.map((leadId) => eventOf(leadId, gateway.keys.all)).join('');

    const answers = await exchange(gateway.url, bytes, { answers: leads.length });

    assert.deepEqual(
      answers.map(({ body }) => JSON.parse(body).links.lead),
      leads.map((leadId) => `/v1/leads/${leadId}`),
    );
  });

  for (const method of ['PROPFIND', 'TRACE', 'CONNECT']) {
    it(`answers ${method} with the methods that there are`, async () => {
      const [answer] = await exchange(gateway.url, `${method} /v1/events HTTP/1.1\r\nHost: x\r\n\r\n`);

      assert.equal(answer?.status, 405);
      assert.match(answer?.headers.get('allow') ?? '', /POST/);
    });
  }

  /** What is to complain of; nothing else is kept. */
  async function sendAll(sample: readonly RawRequest[]): Promise<string[]> {
    const limit = pLimit(atOnce);
    const complaints = await Promise.all(sample.map((request) => limit(() => complaintAbout(request))));
    return complaints.flatMap((complaint) => complaint ?? []);
  }

  async function complaintAbout({ method, target, bytes }: RawRequest): Promise<string | undefined> {
    const shown = () => JSON.stringify(bytes.toString('latin1').slice(0, 600));
    const isHead = method === 'HEAD';
    // Node hangs up on who asks for another protocol and breaks off in the middle of the body.
    const isUpgrade = /^Upgrade:/im.test(bytes.toString('latin1'));
    try {
      // Most requests without an answer have not ended. A few are only slow, and get their time.
      const [soon] = await exchange(gateway.url, bytes, { isHead, patienceMs: 500 });
      const [answer] = soon ? [soon] : await exchange(gateway.url, bytes, { isHead });
      const complaint = answer ? undescribed(method, target, answer) : isUpgrade ? undefined : 'no answer';
      return complaint && `${complaint}: ${shown()} ${answer?.body}`;
    } catch (error) {
      return `${String(error)}: ${shown()}`;
    }
  }
});

function eventOf(leadId: string, key: string): string {
  const body = JSON.stringify({ type: 'lead.created', lead_id: leadId, occurred_at: '2016-01-05T00:00:00Z' });
  const headers = [
    ...['Host: x', `Authorization: Bearer ${key}`, 'Content-Type: application/json'],
    `Content-Length: ${body.length}`,
  ];
  return ['POST /v1/events HTTP/1.1', ...headers, '', body].join('\r\n');
}

/** What is left after a collection, without the log that the test keeps. */
function heapMb(log: readonly string[]): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  const kept = log.reduce((sum, line) => sum + line.length, 0);
  return (process.memoryUsage().heapUsed - kept) / 1024 ** 2;
}
