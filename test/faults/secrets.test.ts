import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { apiKey, type FaultSettings, type Sandbox, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { Journeys } from '../../src/starter.js';
import { customerJourney, type Environment, endProcesses, start } from '../e2e/processes.js';
import { eventually } from '../support/eventually.js';
import { atOnce } from '../support/journeys.js';
import { testServer } from '../support/temporal-server.js';

const name = 'Adam Zz9Smith';
const email = 'adam.zz9@example.com';
const wrongKey = 'Zz9-key-of-somebody';
const encoded = (key: string) => Buffer.from(`${key}:`).toString('base64');
/** None of these may be told by anything but the report itself and the request that creates the lead. */
const marks = ['Zz9', 'zz9', apiKey, encoded(apiKey), encoded(wrongKey)];

const dates = { lead: '2016-01-05T00:00:00Z', trial: '2016-02-10T05:15:10Z', paid: '2016-02-25T00:00:00Z' };
const echo = `Can't find ${name} <${email}>, key ${apiKey}`;

/** Journeys that ChartMogul refuses while it repeats what it was told, each in another way. */
const refused: readonly [leadId: string, fault: FaultSettings][] = [
  ['create', { route: 'POST /v1/customers', status: 422, body: { errors: { email: `${email} is taken`, name } } }],
  ['lookup', { route: 'GET /v1/customers', status: 404, body: { code: 404, message: echo, param: email } }],
  [
    'dates',
    { route: 'PATCH /v1/customers/:uuid', status: 400, body: { error: echo, error_details: [{ param: name }] } },
  ],
  ['retried', { route: 'PATCH /v1/customers/:uuid', status: 500, body: echo, times: 100 }],
];

describe('the API key, names and e-mail addresses', () => {
  let sandbox: Sandbox;
  /** All output, by its source. */
  const told: { readonly by: string; readonly text: string }[] = [];
  let answered = '';
  const attentions = new Map<string, string | undefined>();

  before(async () => {
    const { env: temporal, client } = await testServer();
    sandbox = await startSandbox({
      ...atOnce,
      onRequest: ({ responseBody }) => {
        answered += JSON.stringify(responseBody ?? '');
      },
    });
    const accounts = { right: `faults-${randomUUID().slice(0, 8)}`, wrong: `faults-${randomUUID().slice(0, 8)}` };
    const environment = (account: string, key: string): Environment => ({
      ...temporal,
      JOURNEY_ACCOUNT: account,
      CHARTMOGUL_API_KEY: key,
      CHARTMOGUL_URL: sandbox.url,
      LOG_LEVEL: 'trace',
    });
    const right = environment(accounts.right, apiKey);
    const wrong = environment(accounts.wrong, wrongKey);
    const workers = await Promise.all([right, wrong].map((env) => start('src/worker.ts', [], env)));
    await Promise.all(workers.map((worker) => worker.said('worker started')));

    const journeys = new Journeys({ client, account: accounts.right });
    const unauthorized = new Journeys({ client, account: accounts.wrong });
    await prove(journeys, 'smooth');
    for (const [leadId, fault] of refused) await refuse(journeys, leadId, fault);
    await report(unauthorized, 'unauthorized');
    await untilAttention(unauthorized, 'unauthorized');

    for (const leadId of [...refused.map(([id]) => id), 'smooth']) await listen(journeys, leadId);
    await listen(unauthorized, 'unauthorized');
    await listenToCommands([
      { env: right, args: ['list', '--attention'] },
      { env: right, args: ['show', 'create'] },
      { env: wrong, args: ['show', 'unauthorized', '--json'] },
      { env: right, args: ['lead', email, '--at', dates.lead, '--name', name] },
      { env: right, args: ['lead', 'lead_1', '--at', email, '--email', name, '--country', name] },
    ]);
    for (const worker of workers) {
      worker.process.kill('SIGTERM');
      const { stdout, stderr } = await worker.ended;
      told.push({ by: 'a worker', text: stdout + stderr });
    }
  });

  after(async () => {
    await endProcesses();
    await sandbox?.close();
  });

  it('are in the answers of ChartMogul to rejected requests', () => {
    assert.ok(answered.includes(email) && answered.includes('Zz9Smith') && answered.includes(apiKey));
  });

  it('are in no output of a journey', () => {
    assert.deepEqual(found(told), []);
  });

  it('are searched for in every output', () => {
    const places = new Set(told.map(({ by }) => by));

    for (const place of ['history', 'description', 'details', 'view', 'pending failure', 'a worker', 'command']) {
      assert.ok(places.has(place), `nobody looked at: ${place}`);
    }
    const texts = told.map(({ text }) => text).join('\n');
    for (const known of ['attention', '(withheld)', 'JourneyAttention', 'ChartMogul answered 422', 'worker started']) {
      assert.ok(texts.includes(known), `what was looked at does not say: ${known}`);
    }
    assert.deepEqual([...attentions.values()].sort(), ['refused', 'refused', 'refused', 'unauthorized', undefined]);
  });

  it('are found by this search where they exist', async () => {
    const { client } = await testServer();
    const planted = { by: 'a planted log line', text: `{"msg":"created ${email}"}` };
    const { events } = await client.workflow.getHandle(lastWorkflowId).fetchHistory();
    const reports = { by: 'a report, where they belong', text: decoded(events) };

    assert.deepEqual(
      found([planted, reports]).map(({ by }) => by),
      [planted.by, reports.by],
    );
  });

  let lastWorkflowId = '';

  async function refuse(journeys: Journeys, leadId: string, fault: FaultSettings): Promise<void> {
    if (fault.route !== 'PATCH /v1/customers/:uuid') sandbox.fault(fault);
    await report(journeys, leadId);
    if (leadId === 'lookup')
      await journeys.paymentSucceeded(leadId, { occurredAt: dates.paid, billingCustomerId: 'cus_1' });
    if (fault.route === 'PATCH /v1/customers/:uuid') {
      await until(async () => (await journeys.view(leadId)).customerUuid !== undefined);
      sandbox.fault(fault);
      await journeys.trialStarted(leadId, { occurredAt: dates.trial });
    }
    if (leadId === 'retried') await until(async () => (await pendingFailures(journeys, leadId)).length > 0);
    else await untilAttention(journeys, leadId);
    attentions.set(leadId, (await journeys.view(leadId)).attention?.code);
  }

  async function prove(journeys: Journeys, leadId: string): Promise<void> {
    sandbox.ingest({ external_id: 'cus_smooth', paid_at: dates.paid });
    await report(journeys, leadId);
    await journeys.paymentSucceeded(leadId, { occurredAt: dates.paid, billingCustomerId: 'cus_smooth' });
    await journeys.handle(leadId).result();
  }

  function report(journeys: Journeys, leadId: string) {
    return journeys.leadCreated(leadId, { occurredAt: dates.lead, profile: { name, email } });
  }

  async function untilAttention(journeys: Journeys, leadId: string): Promise<void> {
    await until(async () => (await journeys.view(leadId)).attention?.nextTryAt !== undefined);
    attentions.set(leadId, (await journeys.view(leadId)).attention?.code);
  }

  /** Takes down all that Temporal knows of a journey, but the reports and the request that carry the profile. */
  async function listen(journeys: Journeys, leadId: string): Promise<void> {
    const handle = journeys.handle(leadId);
    lastWorkflowId = handle.workflowId;
    const { events } = await handle.fetchHistory();
    const others = (events ?? []).filter(
      ({ workflowExecutionSignaledEventAttributes: signal, activityTaskScheduledEventAttributes: request }) =>
        !signal && request?.activityType?.name !== 'createLead',
    );
    told.push({ by: 'history', text: decoded(others) });
    const { raw } = await handle.describe();
    told.push({ by: 'description', text: decoded(raw) });
    told.push({ by: 'details', text: decoded(await handle.query('__temporal_workflow_metadata')) });
    told.push({ by: 'view', text: JSON.stringify(await journeys.view(leadId)) });
    for (const failure of await pendingFailures(journeys, leadId)) told.push({ by: 'pending failure', text: failure });
  }

  /** What the command line says, also when it refuses what it is told. */
  async function listenToCommands(commands: readonly { env: Environment; args: readonly string[] }[]): Promise<void> {
    const ends = await Promise.all(commands.map(({ env, args }) => customerJourney(args, env)));
    for (const { stdout, stderr } of ends) told.push({ by: 'command', text: stdout + stderr });
  }
});

function found(texts: readonly { readonly by: string; readonly text: string }[]) {
  return texts.flatMap(({ by, text }) => {
    const mark = marks.find((candidate) => text.includes(candidate));
    if (mark === undefined) return [];
    const at = text.indexOf(mark);
    return [{ by, mark, text: text.slice(Math.max(0, at - 200), at + 100) }];
  });
}

async function pendingFailures(journeys: Journeys, leadId: string): Promise<string[]> {
  const { raw } = await journeys.handle(leadId).describe();
  return (raw.pendingActivities ?? []).flatMap(({ lastFailure }) => (lastFailure ? [decoded(lastFailure)] : []));
}

/** Everything in it as text, payloads in the clear: Temporal's own JSON has them in base64. */
function decoded(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => {
    if (key === 'data' && typeof part === 'string') return Buffer.from(part, 'base64').toString('utf8');
    return typeof part === 'bigint' ? String(part) : part;
  });
}

/** Asks again; every question takes a round trip to another process. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  await eventually(isSo);
}
