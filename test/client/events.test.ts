import assert from 'node:assert/strict';
import {
  type EventResult,
  JourneyClient,
  type JourneyClientOptions,
  type JourneyEvent,
} from '../../packages/client/src/index.js';
import { type Answer, accepted, problem, type ReceivedRequest, startStandIn } from './gateway-stand-in.js';

describe('many events', () => {
  let gateway: Awaited<ReturnType<typeof startStandIn>>;
  afterEach(() => gateway.close());

  async function client(answers: Parameters<typeof startStandIn>[0], options: Partial<JourneyClientOptions> = {}) {
    gateway = await startStandIn(answers);
    return new JourneyClient({ url: gateway.url, firstPauseMs: 1, longestPauseMs: 4, ...options });
  }

  it('are sent in requests of 100, with results in their order', async () => {
    const journeys = await client([takeAll]);

    const { accepted, rejected, results } = await journeys.events(leads(250));

    assert.deepEqual([accepted, rejected], [250, 0]);
    assert.deepEqual(
      results.map((result) => result.id),
      leads(250).map(({ id }) => id),
    );
    assert.deepEqual(
      gateway.requests.map((request) => eventsOf(request).length),
      [100, 100, 50],
    );
    assert.ok(gateway.requests.every(({ path }) => path === '/v1/events/batch'));
  });

  it('are split into requests of at most 500,000 bytes, counted in bytes and not in characters', async () => {
    const journeys = await client([takeAll]);
    const name = '👍'.repeat(2000);

    const { accepted } = await journeys.events(leads(130).map((lead) => ({ ...lead, profile: { name } })));

    assert.equal(accepted, 130);
    const sizes = gateway.requests.map(({ body }) => Buffer.byteLength(body));
    assert.ok(
      sizes.every((size) => size <= 500_000),
      `${sizes}`,
    );
    assert.ok((sizes[0] ?? 0) > 490_000, `${sizes}`);
  });

  it('may be an empty array', async () => {
    const journeys = await client([takeAll]);

    assert.deepEqual(await journeys.events([]), { accepted: 0, rejected: 0, results: [] });

    assert.equal(gateway.requests.length, 0);
  });

  it('are rejected individually, each with its reason', async () => {
    const errors = [{ pointer: '/occurred_at', detail: 'must not be in the future' }];
    const journeys = await client([take({ event_1: problem(400, { errors }) })]);

    const { accepted, rejected, results } = await journeys.events(leads(3));

    assert.deepEqual([accepted, rejected], [2, 1]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['accepted', 'rejected', 'accepted'],
    );
    assert.deepEqual(errorOf(results[1])?.problem?.errors, errors);
    assert.equal(gateway.requests.length, 1);
  });

  it('are retried only if they are retryable', async () => {
    const journeys = await client([
      take({ event_0: problem(503), event_1: problem(400), event_3: problem(503) }),
      takeAll,
    ]);

    const { results } = await journeys.events(leads(4));

    assert.deepEqual(
      results.map(({ status, id }) => `${id} ${status}`),
      ['event_0 accepted', 'event_1 rejected', 'event_2 accepted', 'event_3 accepted'],
    );
    assert.deepEqual(
      gateway.requests.map((request) => eventsOf(request).map(({ id }) => id)),
      [
        ['event_0', 'event_1', 'event_2', 'event_3'],
        ['event_0', 'event_3'],
      ],
    );
  });

  it('that keep failing are rejected with their last error, and do not stop later events', async () => {
    const journeys = await client([take({ event_7: problem(503) })], { giveUpAfterMs: 30, firstPauseMs: 10 });

    const { accepted, results } = await journeys.events(leads(101));

    assert.equal(accepted, 100);
    assert.equal(errorOf(results[7])?.status, 503);
    assert.equal(errorOf(results[7])?.isRetryable, true);
  });

  it('are all retried when the request fails as a whole', async () => {
    const journeys = await client(['reset', { status: 503, body: problem(503) }, takeAll]);

    const { accepted } = await journeys.events(leads(3));

    assert.equal(accepted, 3);
    assert.equal(gateway.requests.length, 3);
  });

  it('are not sent after a request failed permanently, and have its error', async () => {
    const journeys = await client([takeAll, { status: 401, body: problem(401) }]);

    const { accepted, rejected, results } = await journeys.events(leads(350));

    assert.deepEqual([accepted, rejected], [100, 250]);
    assert.equal(gateway.requests.length, 2);
    assert.deepEqual(
      results.slice(100).map((result) => errorOf(result)?.status),
      new Array(250).fill(401),
    );
    assert.equal(results[349]?.id, 'event_349');
  });

  const strange: [what: string, body: unknown][] = [
    ['has no results', { accepted: 2 }],
    ['has fewer results than events', { results: [accepted] }],
    ['has unknown results', { results: [null, { status: 'perhaps' }] }],
  ];
  for (const [what, body] of strange) {
    it(`count as rejected when the response ${what}`, async () => {
      const journeys = await client([{ status: 202, body }]);

      const { rejected, results } = await journeys.events(leads(2));

      assert.equal(rejected, 2);
      assert.match(errorOf(results[0])?.message ?? '', /is not from the gateway; check the URL$/);
    });
  }

  it("fail with the signal's reason when the caller aborts", async () => {
    const abort = new AbortController();
    const reason = new Error('the user left');
    const journeys = await client([
      (request) => {
        abort.abort(reason);
        return takeAll(request);
      },
    ]);

    await assert.rejects(journeys.events(leads(101), { signal: abort.signal }), reason);
  });
});

function leads(count: number): (JourneyEvent & { id: string })[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `event_${index}`,
    type: 'lead.created',
    leadId: `lead_${index}`,
    occurredAt: '2016-01-05T00:00:00Z',
  }));
}

function eventsOf({ body }: ReceivedRequest): { id: string }[] {
  return JSON.parse(body).events;
}

function takeAll(request: ReceivedRequest): Answer {
  return take({})(request);
}

/** Accepts all events except those in `problems`. */
function take(problems: Readonly<Record<string, unknown>>) {
  return (request: ReceivedRequest): Answer => {
    const results = eventsOf(request).map(({ id }) =>
      id in problems ? { status: 'rejected', id, problem: problems[id] } : { ...accepted, id },
    );
    const rejected = results.filter(({ status }) => status === 'rejected').length;
    return { status: rejected === 0 ? 202 : 207, body: { accepted: results.length - rejected, rejected, results } };
  };
}

function errorOf(result: EventResult | undefined) {
  return result?.status === 'rejected' ? result.error : undefined;
}
