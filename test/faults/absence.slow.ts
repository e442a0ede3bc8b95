import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JourneyNotFoundError, Journeys, TemporalUnavailableError } from '../../src/starter.js';
import { type ConnectedClient, connectClient } from '../../src/temporal/connect.js';
import { searchAttributeKeys } from '../../src/workflows/search-attributes.js';
import { openWire } from '../../tools/drill/wire.js';
import { type EmbeddedServer, startServer } from '../../tools/temporal-server/server.js';
import { customerJourney, endProcesses } from '../e2e/processes.js';
import { eventually } from '../support/eventually.js';
import { onStage, type Stage, until, workerOf } from '../support/journeys.js';
import {
  adam,
  adamProven,
  calls,
  created,
  ended,
  forward,
  forwardToEnd,
  lead,
  looking,
  paid,
  records,
  stripe,
  trial,
} from '../support/scenarios.js';

/** The number of payer lookups. */
const lookups = ({ sandbox }: Stage) => sandbox.requests().filter(({ query }) => query.includes(adam.payerId)).length;

describe('a worker that is down', () => {
  it(
    'during the 20 minutes of a lookup finds the payer with one lookup when it is back, without attention',
    onStage({}, async (stage) => {
      await Promise.all([lead(stage), trial(stage)]);
      await created(stage);
      await paid(stage);
      await looking(stage);
      await calls(stage, 'GET /v1/customers ', 1);
      stage.worker.stop();
      await stage.worker.ended;
      const lookupsBefore = lookups(stage);

      // The next lookup is due after a minute, and no worker runs it for the rest of the time.
      const passing = forward(stage, '20 minutes').catch(unlessEnded);
      stripe(stage);
      stage.worker = await workerOf(stage.config, stage.server);
      const result = await ended(stage);
      await passing;

      assert.equal(result.outcome, 'proven');
      assert.equal(lookups(stage), lookupsBefore + 1);
      assert.deepEqual(records(stage), adamProven);
      assert.deepEqual(await attentionsOf(stage.journeys), []);
    }),
  );
});

describe('many 429 responses', () => {
  it(
    'during the lookup delay it as long as ChartMogul requests, and the journey finds the payer without attention',
    onStage({}, async (stage) => {
      await Promise.all([lead(stage), trial(stage)]);
      await created(stage);
      await paid(stage);
      await looking(stage);
      await calls(stage, 'GET /v1/customers ', 1);
      const before = Date.parse((await stage.journeys.summary(adam.leadId)).startedAt);
      stage.sandbox.fault({ route: 'GET /v1/customers', status: 429, times: 15, retryAfter: 90 });
      await forward(stage, '15 minutes');
      stripe(stage);

      const result = await forwardToEnd(stage, '1 hour');

      assert.ok(Date.parse(result.mergedAt ?? '') - before >= 15 * 90_000, 'the lookups are 90 seconds apart');
      assert.deepEqual(records(stage), adamProven);
      assert.deepEqual(await attentionsOf(stage.journeys), []);
    }),
  );
});

describe('a ChartMogul outage of two days', () => {
  it(
    'raises attention, is retried hourly, and the journey recovers automatically',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      let isDown = false;
      const onRequest = () => (isDown ? ('reset' as const) : undefined);
      const wire = await openWire({ upstream: stage.sandbox.url, onRequest });
      stage.worker.stop();
      await stage.worker.ended;
      const { chartMogul } = stage.config;
      stage.worker = await workerOf({ ...stage.config, chartMogul: { ...chartMogul, url: wire.url } }, stage.server);
      isDown = true;
      stripe(stage);
      await Promise.all([trial(stage), paid(stage)]);

      await forward(stage, '48 hours');
      const { attention } = await until(stage, adam.leadId, ({ attention }) => attention?.nextTryAt !== undefined);
      isDown = false;
      const result = await forwardToEnd(stage, '2 hours');
      await wire.close();

      assert.equal(attention?.code, 'unavailable');
      assert.equal(result.outcome, 'proven');
      assert.equal(result.attention, undefined);
      assert.deepEqual(records(stage), adamProven);
    }),
  );
});

describe('an API key that is revoked during a journey', () => {
  it(
    'stops every step at once; the journey continues where it stopped when the key is replaced',
    onStage({}, async (stage) => {
      await lead(stage);
      await created(stage);
      stage.worker.stop();
      await stage.worker.ended;
      const { chartMogul } = stage.config;
      const revoked = { ...stage.config, chartMogul: { ...chartMogul, apiKey: 'revoked' } };
      stage.worker = await workerOf(revoked, stage.server);
      await Promise.all([trial(stage), paid(stage)]);
      await untilAttention(stage.journeys, 'unauthorized');
      stage.worker.stop();
      await stage.worker.ended;

      stripe(stage);
      stage.worker = await workerOf(stage.config, stage.server);
      const result = await forwardToEnd(stage, '2 hours');

      assert.equal(result.attention, undefined);
      assert.deepEqual(records(stage), adamProven);
    }),
  );
});

describe('a Temporal outage', () => {
  let folder: string;
  let server: EmbeddedServer;
  let client: ConnectedClient;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'customer-journey-'));
    server = await startOn(0);
  });

  after(async () => {
    await endProcesses();
    await client?.connection.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('is reported in one line with exit code 75, without partial changes, and a repeated report succeeds', async () => {
    const port = Number(server.address.split(':')[1]);
    client = await connectClient({ env: {}, address: server.address });
    const journeys = new Journeys({ client, account: `faults-${randomUUID().slice(0, 8)}`, timeout: '1 second' });
    await journeys.leadCreated(adam.leadId, { occurredAt: adam.lead });
    process.kill(server.pid, 'SIGKILL');
    await server.ended;
    const env = { TEMPORAL_ADDRESS: server.address, JOURNEY_ACCOUNT: journeys.account };
    const command = ['paid', adam.leadId, '--at', adam.paid, '--customer', adam.payerId];

    const refused = await customerJourney(command, env);
    await assert.rejects(journeys.trialStarted(adam.leadId, { occurredAt: adam.trial }), TemporalUnavailableError);
    await assert.rejects(journeys.leadCreated('lead_2', { occurredAt: adam.lead }), TemporalUnavailableError);
    server = await startOn(port);
    await assert.rejects(journeys.summary('lead_2'), JourneyNotFoundError, 'no journey was started');
    const signalsMeanwhile = await signals(journeys);
    const accepted = await customerJourney(command, env);
    const repeated = await customerJourney(command, env);

    assert.equal(refused.exitCode, 75);
    assert.match(refused.stderr, /^Temporal cannot be reached at 127\.0\.0\.1:\d+ .*\n$/);
    assert.equal(refused.stdout, '');
    assert.deepEqual(signalsMeanwhile, ['leadCreated'], 'accepted reports are stored, rejected ones are not');
    assert.deepEqual([accepted.exitCode, repeated.exitCode], [0, 0]);
    assert.deepEqual(await signals(journeys), ['leadCreated', 'paymentSucceeded', 'paymentSucceeded']);
  });

  function startOn(port: number): Promise<EmbeddedServer> {
    const dbFilename = join(folder, 'temporal.db');
    return startServer({ dbFilename, port, ui: false, download: false, searchAttributes: searchAttributeKeys });
  }
});

/** The signals in the journey's history. */
async function signals(journeys: Journeys): Promise<string[]> {
  const { events } = await journeys.handle(adam.leadId).fetchHistory();
  return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName ?? []);
}

/** Every attention that the journey raised. Each one is written to the search attributes. */
async function attentionsOf(journeys: Journeys): Promise<string[]> {
  const { events } = await journeys.handle(adam.leadId).fetchHistory();
  return (events ?? []).flatMap(({ upsertWorkflowSearchAttributesEventAttributes: upsert }) => {
    const { data } = upsert?.searchAttributes?.indexedFields?.JourneyAttention ?? {};
    const code = data ? Buffer.from(data).toString() : '';
    return code.startsWith('"') ? [code] : [];
  });
}

async function untilAttention(journeys: Journeys, code: string): Promise<void> {
  await eventually(async () => (await journeys.view(adam.leadId)).attention?.code === code);
}

function unlessEnded(error: unknown): void {
  if (!String(error).includes('the execution ended')) throw error;
}
