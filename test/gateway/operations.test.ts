import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { makeKey } from '../../src/gateway/access.js';
import { openApiDocument } from '../../src/gateway/gateway.js';
import { problems } from '../../src/gateway/problems.js';
import { readinessOf } from '../../src/gateway/readiness.js';
import type { ConnectedClient } from '../../src/temporal/connect.js';
import { eventually } from '../support/eventually.js';
import { openStage } from '../support/journeys.js';
import { ownNamespace } from '../support/temporal-server.js';
import { openGateway, readiness } from './gateways.js';

const event = { type: 'lead.created', lead_id: 'lead_1', occurred_at: '2016-01-05T00:00:00Z' };

describe('the gateway operations', () => {
  it('report ready once a worker polls, and count events and requests', async () => {
    const stage = await openStage();
    const gateway = await openGateway({ account: stage.account });
    try {
      await gateway.ask('POST', '/v1/events', event);
      await gateway.ask('POST', '/v1/events', { ...event, occurred_at: 1 });

      await eventually(async () => (await readiness(gateway)).status === 200);
      const metrics = await (await fetch(`${gateway.operationsUrl}/metrics`)).text();
      const health = await fetch(`${gateway.url}/healthz`);

      assert.equal(health.status, 200);
      assert.match(metrics, /events_total{source="api",type="lead.created",result="accepted"} 1/);
      assert.match(metrics, /^customer_journey_ready 1$/m);
      assert.match(metrics, /request_duration_seconds_count{method="POST",route="\/v1\/events",status="400"} 1/);
      assert.equal((await fetch(`${gateway.url}/metrics`)).status, 404, 'the public port has no metrics');
    } finally {
      await gateway.close();
      await stage.close();
    }
  });

  it('report within seconds that the last worker has stopped', async () => {
    const stage = await openStage({ namespace: 'own' });
    const { address, namespace } = stage.server;
    const gateway = await openGateway({ account: stage.account, address, namespace });
    try {
      await eventually(async () => (await readiness(gateway)).status === 200);

      stage.worker.stop();
      await stage.worker.ended;

      const reason = `no worker polls customer-journey or chartmogul/${stage.account}`;
      await eventually(async () => (await readiness(gateway)).reason === reason);
    } finally {
      await gateway.close();
      await stage.close();
    }
  });

  it('ask Temporal once for concurrent probes, and keep the answer for seconds', async () => {
    const { client } = await ownNamespace();
    let asked = 0;
    const { workflowService } = client.connection;
    const describe = workflowService.describeTaskQueue.bind(workflowService);
    workflowService.describeTaskQueue = ((...args: Parameters<typeof describe>) => {
      asked += 1;
      return describe(...args);
    }) as typeof describe;
    const reasonsNow = readinessOf(client as ConnectedClient, ['nobody']);

    const answers = await Promise.all(Array.from({ length: 50 }, reasonsNow));

    assert.equal(asked, 2, 'one question for each of the two queues');
    assert.equal(new Set(answers).size, 1);
  });

  it('report that an account of a key has no worker, while others have one', async () => {
    const stage = await openStage();
    const { entry } = makeKey({ name: 'crm', account: 'without-worker', scopes: ['ingest'] });
    const { entry: other } = makeKey({ name: 'crm-2', account: stage.account, scopes: ['ingest'] });
    const gateway = await openGateway({ account: stage.account, env: { GATEWAY_KEYS: `${entry} ${other}` } });
    try {
      // On a busy machine, the stage's own worker may not have polled yet.
      await eventually(async () => (await readiness(gateway)).reason === 'no worker polls chartmogul/without-worker');
    } finally {
      await gateway.close();
      await stage.close();
    }
  });
});

describe('the documentation', () => {
  it('contains the served OpenAPI document; `npm run openapi` updates it', async () => {
    const written = JSON.parse(readFileSync(resolve('docs/openapi.json'), 'utf8'));

    assert.deepEqual(JSON.parse(JSON.stringify(await openApiDocument())), written);
  });

  it('lists every problem with its status', () => {
    const page = readFileSync(resolve('docs/problems.md'), 'utf8');

    for (const [code, { status }] of Object.entries(problems))
      assert.match(page, new RegExp(`\\| \`${code}\` \\| ${status} \\|`));
    assert.equal(page.match(/^\| `/gm)?.length, Object.keys(problems).length, 'the page lists no other problems');
  });
});
