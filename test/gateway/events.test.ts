import assert from 'node:assert/strict';
import { openStage, type Stage, until } from '../support/journeys.js';
import { adam, adamProven, records, stripe } from '../support/scenarios.js';
import { stopJourneyWorkers } from '../support/workers.js';
import { assertProblem, openGateway, type TestGateway } from './gateways.js';

const { leadId, payerId } = adam;
const leadCreated = { type: 'lead.created', lead_id: leadId, occurred_at: adam.lead, data: { profile: adam.profile } };
const trialStarted = { type: 'trial.started', lead_id: leadId, occurred_at: adam.trial };
const paid = {
  type: 'payment.succeeded',
  lead_id: leadId,
  occurred_at: adam.paid,
  data: { billing_customer_id: payerId },
};

describe('POST /v1/events', () => {
  let stage: Stage;
  let gateway: TestGateway;
  beforeEach(async () => {
    stage = await openStage({ mergeDates: 'primary_wins' });
    gateway = await openGateway({ account: stage.account });
  });
  afterEach(async () => {
    await gateway.close();
    await stage.close();
  });

  it('takes a lead from creation to proof, and shows its state throughout', async () => {
    const first = await gateway.ask('POST', '/v1/events', { ...leadCreated, id: 'evt_1' });
    assert.equal(first.status, 202);
    assert.deepEqual(Object.keys(first.body).sort(), ['id', 'journey_id', 'links', 'run_id', 'status']);
    assert.equal(first.body.id, 'evt_1');
    assert.equal(first.body.journey_id, `journey/${stage.account}/${leadId}`);
    assert.equal(first.body.links.lead, `/v1/leads/${leadId}`);
    assert.match(first.body.links.web_ui, /^http:\/\/ui\.example\/namespaces\/default\/workflows\/journey%2F/);
    await until(stage, leadId, (view) => view.customerUuid !== undefined);
    const begun = await gateway.ask('GET', first.body.links.lead);
    assert.equal(begun.body.stage, 'lead');
    assert.equal(begun.body.lead_created_at, adam.lead);

    await gateway.ask('POST', '/v1/events', trialStarted);
    stripe(stage);
    await gateway.ask('POST', '/v1/events', paid);
    await stage.journeys.handle(leadId).result();

    const ended = await gateway.ask('GET', first.body.links.lead);
    assert.equal(ended.status, 200);
    assert.equal(ended.body.stage, 'proven');
    assert.equal(ended.body.billing_customer_id, payerId);
    assert.doesNotMatch(JSON.stringify(ended.body), /Adam|example\.com/);
    assert.deepEqual(records(stage), adamProven);
  });

  for (const order of [
    [paid, trialStarted, leadCreated],
    [trialStarted, paid, trialStarted, leadCreated, paid, leadCreated],
  ]) {
    it(`gives the same record after ${order.map(({ type }) => type).join(', ')}`, async () => {
      stripe(stage);
      for (const event of order) assert.equal((await gateway.ask('POST', '/v1/events', event)).status, 202);

      await stage.journeys.handle(leadId).result();
      assert.deepEqual(records(stage), adamProven);
    });
  }

  it('accepts or rejects each event of a batch, in order', async () => {
    const events = [
      { ...leadCreated, id: 'a' },
      { ...trialStarted, id: 'b', occurred_at: '2016-02-10' },
      'no event at all',
      { ...trialStarted, id: 'd' },
    ];

    const { status, body } = await gateway.ask('POST', '/v1/events/batch', { events });

    assert.equal(status, 207);
    assert.deepEqual([body.accepted, body.rejected], [2, 2]);
    assert.deepEqual(
      body.results.map((result: { status: string; id?: string }) => [result.status, result.id]),
      [
        ['accepted', 'a'],
        ['rejected', 'b'],
        ['rejected', undefined],
        ['accepted', 'd'],
      ],
    );
    assert.equal(body.results[1].problem.errors[0].pointer, '/occurred_at');
    await until(stage, leadId, (view) => view.trialStartedAt === adam.trial);
  });

  it('responds with 202 to a batch of valid events', async () => {
    const { status, body } = await gateway.ask('POST', '/v1/events/batch', { events: [leadCreated, trialStarted] });

    assert.equal(status, 202);
    assert.deepEqual([body.accepted, body.rejected], [2, 0]);
  });
});

describe('the gateway refuses', () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await openGateway({ account: 'strict' });
  });
  after(() => gateway.close());

  const event = { type: 'lead.created', lead_id: 'lead_1', occurred_at: '2016-01-05T00:00:00Z' };
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  const refused: [what: string, body: unknown, pointer: string, words: RegExp][] = [
    ['an epoch number', { ...event, occurred_at: 1451952000 }, '/occurred_at', /RFC 3339 with an offset, for example/],
    ['a date without a time', { ...event, occurred_at: '2016-01-05' }, '/occurred_at', /RFC 3339 with an offset/],
    ['a time without a zone', { ...event, occurred_at: '2016-01-05T00:00:00' }, '/occurred_at', /without a zone/],
    ['a day that does not exist', { ...event, occurred_at: '2016-02-30T00:00:00Z' }, '/occurred_at', /RFC 3339/],
    ['a date in the future', { ...event, occurred_at: inAnHour }, '/occurred_at', /must not be in the future/],
    [
      'a date before 2000',
      { ...event, occurred_at: '1999-12-31T23:59:59Z' },
      '/occurred_at',
      /must not be before 2000/,
    ],
    ['no date', { ...event, occurred_at: undefined }, '/occurred_at', /is missing/],
    ['no lead id', { ...event, lead_id: undefined }, '/lead_id', /is missing/],
    ['an empty lead id', { ...event, lead_id: '' }, '/lead_id', /must not be empty/],
    ['a lead id that is a number', { ...event, lead_id: 42 }, '/lead_id', /must be a string/],
    ['a lead id of 256 characters', { ...event, lead_id: 'x'.repeat(256) }, '/lead_id', /255 characters/],
    [
      'a lead id that is too long for a workflow id',
      { ...event, lead_id: 'x'.repeat(241) },
      '/lead_id',
      /240 characters, because its workflow id/,
    ],
    ['a lead id with a control character', { ...event, lead_id: 'a\u0000b' }, '/lead_id', /control characters/],
    ['a lead id that is an e-mail address', { ...event, lead_id: 'a@b.example' }, '/lead_id', /e-mail address/],
    ['a lead id that stands for none', { ...event, lead_id: 'undefined' }, '/lead_id', /placeholder/],
    [
      'a billing customer id that stands for none',
      { ...event, type: 'payment.succeeded', data: { billing_customer_id: 'null' } },
      '/data/billing_customer_id',
      /placeholder/,
    ],
    ['an unknown type', { ...event, type: 'lead.deleted' }, '/type', /'lead.created', 'trial.started'/],
    ['an unknown field', { ...event, leadId: 'lead_1' }, '/leadId', /unknown field/],
    ['an unknown field in the data', { ...event, data: { nme: 'A' } }, '/data/nme', /unknown field/],
    ['an invalid e-mail address', { ...event, data: { profile: { email: 'adam' } } }, '/data/profile/email', /e-mail/],
    ['an invalid country', { ...event, data: { profile: { country: 'USA' } } }, '/data/profile/country', /ISO 3166/],
    [
      'an invalid billing customer id',
      { ...event, type: 'trial.started', data: { billing_customer_id: ' c' } },
      '/data/billing_customer_id',
      /space/,
    ],
    ['an array', [event], '', /must be an object/],
    ['null', null, '', /must be an object/],
  ];
  for (const [what, body, pointer, words] of refused) {
    it(what, async () => {
      const answer = await gateway.ask('POST', '/v1/events', body);

      assertProblem(answer, 400, 'invalid-request');
      assert.equal(answer.body.errors[0].pointer, pointer);
      assert.match(answer.body.errors[0].detail, words);
    });
  }

  it('an event with all its problems at once', async () => {
    const { body } = await gateway.ask('POST', '/v1/events', { ...event, lead_id: ' x', occurred_at: inAnHour });

    assert.deepEqual(
      body.errors.map(({ pointer }: { pointer: string }) => pointer),
      ['/lead_id', '/occurred_at'],
    );
  });

  const unreadable: [
    what: string,
    body: string | Uint8Array,
    headers: Record<string, string>,
    status: number,
    code: string,
  ][] = [
    ['a body that is not JSON', '{"type":', {}, 400, 'malformed-request'],
    ['a body without a content type', '{}', { 'content-type': 'text/plain' }, 415, 'unsupported-media-type'],
    ['a form', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported-media-type'],
    ['a poisoned prototype', '{"__proto__":{"a":1}}', {}, 400, 'malformed-request'],
    ['a body that is too large', JSON.stringify({ ...event, id: 'x'.repeat(40_000) }), {}, 413, 'too-large'],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), {}, 400, 'malformed-request'],
  ];
  for (const [what, body, headers, status, code] of unreadable) {
    it(what, async () => {
      const answer = await fetch(`${gateway.url}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${gateway.keys.all}`, 'content-type': 'application/json', ...headers },
        body: body as string, // fetch also takes bytes
      });

      assertProblem({ status: answer.status, headers: answer.headers, body: await answer.json() }, status, code);
    });
  }

  it('an empty batch, and one of more than 100', async () => {
    for (const events of [[], Array.from({ length: 101 }, () => event)]) {
      const answer = await gateway.ask('POST', '/v1/events/batch', { events });

      assertProblem(answer, 400, 'invalid-request');
      assert.equal(answer.body.errors[0].pointer, '/events');
    }
  });

  it('a request without a key, with a wrong key, and with a key that lacks the scope', async () => {
    const without = await gateway.ask('POST', '/v1/events', event, { authorization: '' });
    const wrong = await gateway.ask('POST', '/v1/events', event, { authorization: 'Bearer cjk_wrong' });
    const reader = await gateway.ask('POST', '/v1/events', event, { authorization: `Bearer ${gateway.keys.read}` });
    const ingester = await gateway.ask('GET', '/v1/leads/x', undefined, {
      authorization: `Bearer ${gateway.keys.ingest}`,
    });

    assertProblem(without, 401, 'unauthorized');
    assert.equal(without.headers.get('www-authenticate'), 'Bearer');
    assertProblem(wrong, 401, 'unauthorized');
    assertProblem(reader, 403, 'forbidden');
    assertProblem(ingester, 403, 'forbidden');
  });

  it('unknown methods and addresses', async () => {
    const put = await gateway.ask('PUT', '/v1/events', event);

    assertProblem(put, 405, 'method-not-allowed');
    assert.equal(put.headers.get('allow'), 'POST');
    assertProblem(await gateway.ask('GET', '/v2/events'), 404, 'not-found');
    assertProblem(await gateway.ask('GET', '/v1/leads/%FF'), 400, 'malformed-request');
    assertProblem(await gateway.ask('GET', `/v1/leads/${'x'.repeat(2_800)}`), 414, 'address-too-long');
  });

  it('a request for a lead that was never reported', async () => {
    const answer = await gateway.ask('GET', '/v1/leads/unknown');

    assertProblem(answer, 404, 'journey-not-found');
    assert.match(answer.body.detail, /No event was reported for this lead/);
  });

  it('a request for a lead when no worker responds', async () => {
    await stopJourneyWorkers();
    await gateway.ask('POST', '/v1/events', { ...event, lead_id: 'lead/with a slash' });

    const answer = await gateway.ask('GET', `/v1/leads/${encodeURIComponent('lead/with a slash')}`);

    assertProblem(answer, 503, 'no-worker');
    assert.equal(answer.headers.get('retry-after'), '5');
  });
});
