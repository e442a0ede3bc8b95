import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { GatewayError, JourneyClient, type JourneyEvent } from '../../packages/client/src/index.js';
import { openStage, type Stage } from '../support/journeys.js';
import { adam, adamProven, records, stripe } from '../support/scenarios.js';
import { openGateway, type TestGateway } from './gateways.js';

describe('the client and the gateway', () => {
  let stage: Stage;
  let gateway: TestGateway;
  let journeys: JourneyClient;
  beforeEach(async () => {
    stage = await openStage();
    gateway = await openGateway({ account: stage.account });
    journeys = new JourneyClient({ url: gateway.url, key: gateway.keys.all });
  });
  afterEach(async () => {
    await gateway.close();
    await stage.close();
  });

  it('take a lead from creation to proof', async () => {
    stripe(stage);
    const { leadId, profile, payerId: billingCustomerId } = adam;

    const first = await journeys.leadCreated(leadId, { occurredAt: new Date(adam.lead), profile });
    await journeys.trialStarted(leadId, { occurredAt: adam.trial });
    await journeys.paymentSucceeded(leadId, { occurredAt: adam.paid, billingCustomerId });
    await stage.journeys.handle(leadId).result();

    assert.equal(first.journeyId, `journey/${stage.account}/${leadId}`);
    const view = await journeys.lead(leadId);
    assert.deepEqual([view.stage, view.billingCustomerId], ['proven', billingCustomerId]);
    assert.match(view.links.webUi ?? '', /^http:\/\/ui\.example\//);
    assert.deepEqual(records(stage), adamProven);
  });

  it('report a result for each of many events', async () => {
    const events: JourneyEvent[] = Array.from({ length: 103 }, (_, index) => ({
      id: `event_${index}`,
      type: 'lead.created',
      leadId: `lead_${index}`,
      occurredAt: index === 1 ? '2016-01-05' : index === 102 ? '2999-01-01T00:00:00Z' : adam.lead,
    }));

    const { accepted, rejected, results } = await journeys.events(events);

    assert.deepEqual([accepted, rejected], [101, 2]);
    for (const [index, result] of results.entries()) {
      assert.equal(result.id, `event_${index}`);
      if (result.status === 'accepted') assert.equal(result.journeyId, `journey/${stage.account}/lead_${index}`);
      else assert.equal(result.error.problem?.errors?.[0]?.pointer, '/occurred_at');
    }
    assert.deepEqual(
      [1, 102].map((index) => results[index]?.status),
      ['rejected', 'rejected'],
    );
  });

  it('accept ids with any characters', async () => {
    for (const leadId of ['User/42', 'Größe 客户 ?#%2F', '👍', 'a&b=c+d']) {
      await journeys.leadCreated(leadId, { occurredAt: adam.lead });

      assert.equal((await journeys.lead(leadId)).leadId, leadId);
    }
  });

  const refused: [what: string, key: string, call: (client: JourneyClient) => Promise<unknown>, type: string][] = [
    ['an invalid key', 'cj_nobody', (client) => client.lead('lead_1'), 'unauthorized'],
    ['an unknown lead', '', (client) => client.lead(randomUUID()), 'journey-not-found'],
    ['an empty id', '', (client) => client.leadCreated('', { occurredAt: adam.lead }), 'invalid-request'],
  ];
  for (const [what, key, call, type] of refused) {
    it(`agree on the problem with ${what}`, async () => {
      const client = new JourneyClient({ url: gateway.url, key: key === '' ? gateway.keys.all : key });

      const error: unknown = await call(client).catch((thrown: unknown) => thrown);

      assert.ok(error instanceof GatewayError);
      assert.equal(error.problem?.type, `urn:customer-journey:problem:${type}`);
      assert.equal(error.isRetryable, false);
    });
  }
});
