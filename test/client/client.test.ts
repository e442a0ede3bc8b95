import assert from 'node:assert/strict';
import { GatewayError, JourneyClient, type JourneyClientOptions } from '../../packages/client/src/index.js';
import { type Answer, accepted, problem, startStandIn } from './gateway-stand-in.js';

const yes: Answer = { status: 202, body: accepted };
const away: Answer = { status: 503, body: problem(503) };
const lead = { occurredAt: '2016-01-05T00:00:00Z' };
const key = 'cj_live_3q2Rd4Jf6Hx9Lc1Ge0';

describe('the gateway client', () => {
  let gateway: Awaited<ReturnType<typeof startStandIn>>;
  afterEach(() => gateway.close());

  async function client(answers: Parameters<typeof startStandIn>[0], options: Partial<JourneyClientOptions> = {}) {
    gateway = await startStandIn(answers);
    return new JourneyClient({ url: gateway.url, key, firstPauseMs: 1, longestPauseMs: 4, ...options });
  }

  it('reports a lead, and returns its journey and links', async () => {
    const journeys = await client([yes]);

    const answer = await journeys.leadCreated('lead_42', { ...lead, profile: { name: 'Adam', country: 'US' } });

    assert.deepEqual(answer, {
      status: 'accepted',
      journeyId: 'journey/default/lead_42',
      runId: accepted.run_id,
      links: { lead: '/v1/leads/lead_42', webUi: accepted.links.web_ui },
    });
    const [request] = gateway.requests;
    assert.equal(`${request?.method} ${request?.path}`, 'POST /v1/events');
    assert.equal(request?.headers.authorization, `Bearer ${key}`);
    assert.equal(request?.headers['content-type'], 'application/json');
    assert.deepEqual(JSON.parse(request?.body ?? ''), {
      type: 'lead.created',
      lead_id: 'lead_42',
      occurred_at: '2016-01-05T00:00:00Z',
      data: { profile: { name: 'Adam', country: 'US' } },
    });
  });

  it('reports a trial and a payment, with Date objects', async () => {
    const journeys = await client([yes]);

    await journeys.trialStarted('lead_42', {
      occurredAt: new Date('2016-02-10T05:15:10Z'),
      billingCustomerId: 'cus_1',
    });
    await journeys.paymentSucceeded('lead_42', { occurredAt: new Date('2016-02-25T00:00:00Z') });

    assert.deepEqual(
      gateway.requests.map(({ body }) => JSON.parse(body)),
      [
        {
          type: 'trial.started',
          lead_id: 'lead_42',
          occurred_at: '2016-02-10T05:15:10.000Z',
          data: { billing_customer_id: 'cus_1' },
        },
        { type: 'payment.succeeded', lead_id: 'lead_42', occurred_at: '2016-02-25T00:00:00.000Z' },
      ],
    );
  });

  it('reads a lead, with field names in camel case', async () => {
    const view = {
      lead_id: 'User/42',
      account: 'default',
      stage: 'trial',
      doing: 'waiting for the payment',
      lead_created_at: '2016-01-05T00:00:00Z',
      notices: [{ code: 'dates-contradict', text: 'x' }],
      attention: { code: 'payer-not-found', text: 'x', step: 'findPayer', since: 'x', next_try_at: 'y' },
      links: { web_ui: 'http://127.0.0.1:8233/' },
    };
    const journeys = await client([{ status: 200, body: view }]);

    const read = await journeys.lead('User/42');

    assert.equal(gateway.requests[0]?.path, '/v1/leads/User%2F42');
    assert.equal(read.leadCreatedAt, '2016-01-05T00:00:00Z');
    assert.equal(read.attention?.nextTryAt, 'y');
    assert.equal(read.links.webUi, 'http://127.0.0.1:8233/');
    assert.equal(gateway.requests[0]?.headers['content-type'], undefined);
  });

  it('keeps the path of the URL, and sends no key if it has none', async () => {
    gateway = await startStandIn([yes]);

    await new JourneyClient({ url: `${gateway.url}/journeys?x#y` }).leadCreated('lead_42', lead);

    assert.equal(gateway.requests[0]?.path, '/journeys/v1/events');
    assert.equal(gateway.requests[0]?.headers.authorization, undefined);
  });

  const passing: [what: string, answer: Answer][] = [
    ['closes the connection', 'reset'],
    ['closes it in the middle of the answer', 'cut'],
    ['does not answer in time', 'silence'],
    ...[408, 429, 500, 502, 503, 504].map((status): [string, Answer] => [
      `answers ${status}`,
      { status, body: problem(status) },
    ]),
    ['answers 502 with a proxy page', { status: 502, body: '<html>Bad Gateway</html>' }],
  ];
  for (const [what, answer] of passing) {
    it(`retries when the gateway ${what}`, async () => {
      const journeys = await client([answer, answer, yes], { attemptTimeoutMs: 300 });

      const { status } = await journeys.leadCreated('lead_42', lead);

      assert.equal(status, 'accepted');
      assert.equal(gateway.requests.length, 3);
      assert.equal(new Set(gateway.requests.map(({ body }) => body)).size, 1);
    });
  }

  const final: [what: string, answer: Answer][] = [
    ...[400, 401, 403, 404, 409, 413, 415, 422, 431].map((status): [string, Answer] => [
      `answers ${status}`,
      { status, body: problem(status) },
    ]),
    ['redirects', { status: 302, headers: { location: 'https://example.com/login' } }],
    ['answers 200 with a proxy page', { status: 200, body: '<html>Please log in</html>' }],
    ['answers 204 without a body', { status: 204 }],
    ['answers 202 with an unknown body', { status: 202, body: { status: 'ok' } }],
  ];
  for (const [what, answer] of final) {
    it(`does not retry when the gateway ${what}`, async () => {
      const journeys = await client([answer, yes]);

      const error = await refusal(journeys.leadCreated('lead_42', lead));

      assert.equal(error.isRetryable, false);
      assert.equal(gateway.requests.length, 1);
    });
  }

  it("throws the gateway's problem, with the request name", async () => {
    const errors = [{ pointer: '/occurred_at', detail: 'must be RFC 3339 with an offset' }];
    const journeys = await client([{ status: 400, body: problem(400, { errors, instance: '/x', more: 1 }) }]);

    const error = await refusal(journeys.leadCreated('lead_42', lead));

    assert.equal(error.message, 'POST /v1/events: 400 Not taken. Send it again.');
    assert.equal(error.status, 400);
    assert.deepEqual(error.problem, problem(400, { errors, instance: '/x' }));
  });

  it('gives up with the last error, which is retryable', async () => {
    const later = { ...away, headers: { 'retry-after': '3600' } };
    const journeys = await client(['reset', later], { giveUpAfterMs: 60_000, firstPauseMs: 10 });

    const error = await refusal(journeys.leadCreated('lead_42', lead));

    assert.equal(error.status, 503);
    assert.equal(error.isRetryable, true);
    assert.equal(gateway.requests.length, 2);
  });

  it('reports an unreachable gateway', async () => {
    const journeys = await client([yes], { giveUpAfterMs: 0 });
    await gateway.close();

    const error = await refusal(journeys.leadCreated('lead_42', lead));

    assert.equal(error.message, 'POST /v1/events: the gateway cannot be reached');
    assert.equal(error.status, undefined);
    assert.ok(error.isRetryable && error.cause !== undefined);
  });

  it('makes one attempt if giveUpAfterMs is 0', async () => {
    const journeys = await client([away, yes], { giveUpAfterMs: 0 });

    assert.equal((await refusal(journeys.leadCreated('lead_42', lead))).status, 503);
    assert.equal(gateway.requests.length, 1);
  });

  it('increases the backoff after every attempt, up to longestPauseMs', async () => {
    const journeys = await client([away, away, away, away, yes], { firstPauseMs: 40, longestPauseMs: 80 });

    await journeys.leadCreated('lead_42', lead);

    const pauses = gateway.requests.slice(1).map(({ at }, index) => at - (gateway.requests[index]?.at ?? 0));
    for (const [index, least] of [20, 40, 40, 40].entries()) {
      // No upper limit: it depends on the machine.
      assert.ok((pauses[index] ?? 0) >= least - 2, `pauses of ${pauses}`);
    }
  });

  for (const [form, header] of [
    ['seconds', () => '1'],
    // An HTTP date has no fractions: two seconds ahead means at least one second.
    ['a date', () => new Date(Date.now() + 2000).toUTCString()],
  ] as const) {
    it(`honours Retry-After, given as ${form}`, async () => {
      const busy = () => ({ status: 503, body: problem(503), headers: { 'retry-after': header() } });
      const journeys = await client([busy, yes]);

      await journeys.leadCreated('lead_42', lead);

      const [first, second] = gateway.requests;
      assert.ok((second?.at ?? 0) - (first?.at ?? 0) >= 990);
    });
  }

  it('fails at once if Retry-After is longer than the remaining time', async () => {
    const journeys = await client([{ ...away, headers: { 'retry-after': '3600' } }], { giveUpAfterMs: 1000 });

    const error = await refusal(journeys.leadCreated('lead_42', lead));

    assert.equal(error.retryAfterMs, 3_600_000);
  });

  const moments: [when: string, answer: Answer, giveUpAfterMs: number][] = [
    ['during an attempt', 'silence', 600_000],
    ['during the last attempt', 'silence', 0],
    ['during backoff', { ...away, headers: { 'retry-after': '60' } }, 600_000],
  ];
  for (const [when, answer, giveUpAfterMs] of moments) {
    it(`ends at once when the caller aborts ${when}`, async () => {
      const abort = new AbortController();
      const reason = new Error('the user left');
      const takeBack = () => {
        // After the client has read the response, if there is one.
        setTimeout(() => abort.abort(reason), 50);
        return answer;
      };
      const journeys = await client([takeBack], { giveUpAfterMs });

      await assert.rejects(journeys.leadCreated('lead_42', lead, { signal: abort.signal }), reason);

      assert.equal(gateway.requests.length, 1);
    });
  }

  it('sends nothing for a call that is already aborted', async () => {
    const reason = new Error('the user left');
    const journeys = await client([yes]);

    await assert.rejects(journeys.lead('lead_42', { signal: AbortSignal.abort(reason) }), reason);

    assert.equal(gateway.requests.length, 0);
  });

  it('never includes the key in an error', async () => {
    const journeys = await client(['reset', { status: 401, body: problem(401) }], { giveUpAfterMs: 0 });

    for (const call of [() => journeys.lead('lead_42'), () => journeys.lead('lead_42')]) {
      const error = await refusal(call());
      assert.ok(!`${error.message} ${error.stack} ${JSON.stringify(error)} ${error.cause}`.includes(key));
    }
  });
});

describe('a gateway client with invalid options', () => {
  const refused: [what: string, options: JourneyClientOptions, message: RegExp][] = [
    ['without a URL', { url: '' }, /^url must be an http or https URL$/],
    ['with an unsupported URL scheme', { url: 'ftp://example.com' }, /^url must be an http or https URL$/],
    [
      'with credentials in the URL',
      { url: 'https://a:b@example.com' },
      /^url must not contain credentials; pass the key as key$/,
    ],
    ['with a line break in its key', { url: 'https://example.com', key: 'a\nb' }, /^key has invalid characters$/],
    [
      'with a negative duration',
      { url: 'https://example.com', giveUpAfterMs: -1 },
      /^giveUpAfterMs must be a number of/,
    ],
  ];
  for (const [what, options, message] of refused) {
    it(`is not created: ${what}`, () => {
      assert.throws(() => new JourneyClient(options), { name: 'TypeError', message });
    });
  }

  it('rejects an invalid Date and an unknown field before anything is sent', async () => {
    const journeys = new JourneyClient({ url: 'http://127.0.0.1:9' });

    await assert.rejects(journeys.leadCreated('lead_42', { occurredAt: new Date('x') }), {
      name: 'TypeError',
      message: 'event.occurredAt is an invalid Date',
    });
    const misspelt = { ...lead, billingCustomerID: 'cus_1' };
    await assert.rejects(journeys.events([{ type: 'payment.succeeded', leadId: 'lead_42', ...misspelt }]), {
      name: 'TypeError',
      message: 'events[0] has an unknown field: billingCustomerID',
    });
  });
});

async function refusal(call: Promise<unknown>): Promise<GatewayError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('the call did not fail');
}
