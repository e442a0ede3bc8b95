import assert from 'node:assert/strict';
import { Sandboxed } from './sandboxed.js';

describe('the limits of the sandbox', () => {
  const test = new Sandboxed();

  const burst = async (calls: number) => {
    const answers = await Promise.all(Array.from({ length: calls }, () => test.raw('GET', '/v1/ping')));
    return { answers, passed: answers.filter(({ status }) => status === 200).length };
  };

  it('allow 40 requests at once, then about 40 per second [documented: rate limits]', async () => {
    test.turn({ rateLimitPerSecond: 40 });
    const start = performance.now();
    // More than a busy machine sends in the time in which the limit allows them all.
    const { answers, passed } = await burst(400);
    const refilled = ((performance.now() - start) / 1000) * 40;
    assert.ok(passed >= 40 && passed <= 41 + refilled, `${passed} passed`);
    const refused = answers.find(({ status }) => status !== 200);
    const message = 'Your request rate has exceeded our rate limit.';
    assert.deepEqual(refused?.json(), { code: 429, message, param: null });
    assert.equal(refused?.headers.get('retry-after'), null);
  });

  it('count every request, including rejected ones and unknown routes [documented: rate limits]', async () => {
    test.turn({ rateLimitPerSecond: 3 });
    const answers = await Promise.all(Array.from({ length: 100 }, () => test.raw('GET', '/v1/nothing')));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))].sort(), [404, 429]);
  });

  it('do not apply to the control API or when disabled [contract of the sandbox]', async () => {
    test.turn({ rateLimitPerSecond: 1 });
    for (let call = 0; call < 20; call++) assert.equal((await test.raw('GET', '/_sandbox/customers')).status, 200);
    test.turn({ rateLimitPerSecond: 0 });
    assert.equal((await burst(100)).passed, 100);
  });

  it('are full again after a reset [contract of the sandbox]', async () => {
    test.turn({ rateLimitPerSecond: 1 });
    assert.ok((await burst(50)).passed < 50);
    test.turn({ rateLimitPerSecond: 1 });
    assert.equal((await burst(1)).passed, 1);
  });

  it('answer the 21st parallel request with 503, and serve again when one is done [documented: rate limits]', async () => {
    test.turn({ maxParallel: 20 });
    test.sandbox.fault({ route: 'GET /v1/account', status: 'timeout', times: 20 });
    let refused = 0;
    const giveUp = new AbortController();
    const authorization = `Basic ${Buffer.from('sandbox-key:').toString('base64')}`;
    const hold = () =>
      fetch(`${test.sandbox.url}/v1/account`, { headers: { authorization }, signal: giveUp.signal })
        .then(() => (refused += 1))
        .catch(() => 'gave up');
    const held = Array.from({ length: 19 }, hold);
    await until(() => test.sandbox.requests().length === 19);
    assert.equal((await test.raw('GET', '/v1/ping')).status, 200);
    held.push(hold());
    await until(() => test.sandbox.requests().length === 21);
    assert.equal((await test.raw('GET', '/v1/ping')).status, 503);
    giveUp.abort();
    await Promise.all(held);
    assert.equal(refused, 0);
    await until(async () => (await test.raw('GET', '/v1/ping')).status === 200);
  });
});

/** Polls, and yields to other work in between; the runner's timeout ends it. */
async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setImmediate(resolve));
}
