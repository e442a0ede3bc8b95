import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { apiKey, type FaultSettings, type Sandbox, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { Journeys } from '../../src/starter.js';
import { customerJourney, type Environment, endProcesses, start } from '../e2e/processes.js';
import { eventually } from '../support/eventually.js';
import { atOnce } from '../support/journeys.js';
import { testServer } from '../support/temporal-server.js';
import { stopJourneyWorkers } from '../support/workers.js';

const name = 'Adam Zz9Smith';
const email = 'adam.zz9@example.com';
const wrongKey = 'Zz9-key-of-another-account';
const encoded = (key: string) => Buffer.from(`${key}:`).toString('base64');
/** Only the report and the request that creates the lead may contain these. */
const marks = ['Zz9', 'zz9', apiKey, encoded(apiKey), encoded(wrongKey)];

const dates = { lead: '2016-01-05T00:00:00Z', trial: '2016-02-10T05:15:10Z', paid: '2016-02-25T00:00:00Z' };
const echo = `Can't find ${name} <${email}>, key ${apiKey}`;

/** Journeys whose requests ChartMogul rejects with a response that repeats their data, each in a different way. */
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
  const outputs: { readonly by: string; readonly text: string }[] = [];
  let answered = '';
  const attentions = new Map<string, string | undefined>();

  before(async () => {
    await stopJourneyWorkers();
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

    for (const leadId of [...refused.map(([id]) => id), 'smooth']) await collect(journeys, leadId);
    await collect(unauthorized, 'unauthorized');
    await collectCommands([
      { env: right, args: ['list', '--attention'] },
      { env: right, args: ['show', 'create'] },
      { env: wrong, args: ['show', 'unauthorized', '--json'] },
      { env: right, args: ['lead', email, '--at', dates.lead, '--name', name] },
      { env: right, args: ['lead', 'lead_1', '--at', email, '--email', name, '--country', name] },
    ]);
    for (const worker of workers) {
      worker.process.kill('SIGTERM');
      const { stdout, stderr } = await worker.ended;
      outputs.push({ by: 'a worker', text: stdout + stderr });
    }
  });

  after(async () => {
    await endProcesses();
    await sandbox?.close();
  });

  it("are in ChartMogul's responses to rejected requests", () => {
    assert.ok(answered.includes(email) && answered.includes('Zz9Smith') && answered.includes(apiKey));
  });

  it('are in no output', () => {
    assert.deepEqual(found(outputs), []);
  });

  it('are searched for in every kind of output', () => {
    const places = new Set(outputs.map(({ by }) => by));

    for (const place of ['history', 'description', 'details', 'view', 'pending failure', 'a worker', 'command']) {
      assert.ok(places.has(place), `the search does not cover: ${place}`);
    }
    const texts = outputs.map(({ text }) => text).join('\n');
    for (const known of ['attention', '(withheld)', 'JourneyAttention', 'ChartMogul answered 422', 'worker started']) {
      assert.ok(texts.includes(known), `the searched outputs do not contain: ${known}`);
    }
    assert.deepEqual([...attentions.values()].sort(), ['refused', 'refused', 'refused', 'unauthorized', undefined]);
  });

  it('are found by this search in a log line and in a report', async () => {
    const { client } = await testServer();
    const planted = { by: 'a planted log line', text: `{"msg":"created ${email}"}` };
    const { events } = await client.workflow.getHandle(lastWorkflowId).fetchHistory();
    const reports = { by: 'a report, which may contain them', text: decoded(events) };

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

  /** Collects everything that Temporal stores about a journey, except the reports and the request with the profile. */
  async function collect(journeys: Journeys, leadId: string): Promise<void> {
    const handle = journeys.handle(leadId);
    lastWorkflowId = handle.workflowId;
    const { events } = await handle.fetchHistory();
    const others = (events ?? []).filter(
      ({ workflowExecutionSignaledEventAttributes: signal, activityTaskScheduledEventAttributes: request }) =>
        !signal && request?.activityType?.name !== 'createLead',
    );
    outputs.push({ by: 'history', text: decoded(others) });
    const { raw } = await handle.describe();
    outputs.push({ by: 'description', text: decoded(raw) });
    outputs.push({ by: 'details', text: decoded(await handle.query('__temporal_workflow_metadata')) });
    outputs.push({ by: 'view', text: JSON.stringify(await journeys.view(leadId)) });
    for (const failure of await pendingFailures(journeys, leadId))
      outputs.push({ by: 'pending failure', text: failure });
  }

  /** Collects the output of commands, including rejected ones. */
  async function collectCommands(commands: readonly { env: Environment; args: readonly string[] }[]): Promise<void> {
    const ends = await Promise.all(commands.map(({ env, args }) => customerJourney(args, env)));
    for (const { stdout, stderr } of ends) outputs.push({ by: 'command', text: stdout + stderr });
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

/** The value as JSON with decoded payloads. Temporal's JSON has payloads in base64. */
function decoded(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => {
    if (key === 'data' && typeof part === 'string') return Buffer.from(part, 'base64').toString('utf8');
    return typeof part === 'bigint' ? String(part) : part;
  });
}

/** Polls without a delay: each poll is a round trip to another process. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  await eventually(isSo);
}
