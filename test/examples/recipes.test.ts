import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { webhookServer } from '../../examples/server.js';
import type { Webhook } from '../../examples/webhook.js';
import { JourneyClient } from '../../packages/client/src/index.js';
import { openGateway, type TestGateway } from '../gateway/gateways.js';
import { openStage, type Stage } from '../support/journeys.js';
import { adam } from '../support/scenarios.js';
import { type Biller, billers } from './billers.js';

describe('the recipes for other billers', () => {
  let stage: Stage;
  let gateway: TestGateway;
  let journeys: JourneyClient;
  /** What was sent to the gateway. */
  let sent: unknown[];
  let servers: Server[];
  before(async () => {
    stage = await openStage();
    gateway = await openGateway({ account: stage.account });
    const counted: typeof fetch = (url, request) => {
      if (request?.method === 'POST') sent.push(JSON.parse(String(request.body)));
      return fetch(url, request);
    };
    journeys = new JourneyClient({ url: gateway.url, key: gateway.keys.all, fetch: counted });
  });
  beforeEach(() => {
    sent = [];
    servers = [];
  });
  afterEach(() => {
    for (const server of servers) server.close().closeAllConnections();
  });
  after(async () => {
    await gateway.close();
    await stage.close();
  });

  for (const biller of billers) {
    const leadId = `lead_${biller.name.toLowerCase()}`;
    const withTrial = biller.trial === undefined ? '' : 'the trial and ';

    it(`report ${withTrial}the first payment of ${biller.name}, with its date and customer`, async () => {
      const send = await serve(biller);
      await journeys.leadCreated(leadId, { occurredAt: adam.lead });

      const statuses = [
        ...(biller.trial === undefined ? [] : [await send(biller.trial())]),
        await send(biller.payment()),
        await send(biller.payment(biller.renewal)),
      ];

      assert.ok(statuses.every((status) => status === 200));
      const view = await journeys.lead(leadId);
      assert.deepEqual(
        [view.leadCreatedAt, view.trialStartedAt, view.paidAt, view.billingCustomerId],
        [adam.lead, biller.trial && adam.trial, adam.paid, biller.customerId],
      );
    });

    it(`report nothing for a payment of zero at ${biller.name}`, async () => {
      const send = await serve(biller);

      assert.equal(await send(biller.payment(biller.free)), 200);

      assert.deepEqual(sent, []);
    });

    it(`refuse a forged webhook of ${biller.name}, and report nothing`, async () => {
      const send = await serve(biller);

      for (const forged of biller.forged()) assert.equal(await send(forged), 401);

      assert.deepEqual(sent, []);
    });
  }

  it('let the biller retry while the gateway does not accept events', async () => {
    const [biller] = billers;
    assert.ok(biller);
    const send = await serve(biller, new JourneyClient({ url: gateway.url, key: 'cj_nobody' }));

    assert.equal(await send(biller.payment()), 500);
  });

  /** Runs the example's server, and returns a function that sends a webhook to it. */
  async function serve(biller: Biller, client = journeys): Promise<(webhook: Webhook) => Promise<number>> {
    const server = webhookServer(biller.receiver(client), () => undefined).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // listens on a port
    return async ({ body, headers }) => {
      const answer = await fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        body,
        headers: headers as Record<string, string>,
      });
      return answer.status;
    };
  }
});
