import proto from '@temporalio/proto';
import { type Sandbox, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { taskQueueState } from '../../src/temporal/task-queues.js';
import { fastForward } from '../../tools/temporal-server/time-skipping.js';
import { eventually } from '../support/eventually.js';
import { type Stage, until, untilCustomer } from '../support/journeys.js';
import { signedStripeRequest, stripeCustomer, stripeTestSecret } from '../support/stripe.js';
import { emptyNamespace, keepFor, occurredAt } from './healthy.js';
import { examines, type Row, removeRecords, type SetUp, withEndpoint } from './table.js';
import { poll, pollVersioned } from './versions.js';

const { TASK_QUEUE_TYPE_ACTIVITY } = proto.temporal.api.enums.v1.TaskQueueType;
const paidAt = '2016-02-25T00:00:00Z';

const rows: readonly Row[] = [
  // The environment
  {
    what: 'the name of a setting is misspelt',
    breaks: () => ({ env: { CHARTMOGUL_LEAD_SOURCE: 'Signups', STRIPE_SECRET_KEY: 'sk_live_1' } }),
    warns: 'environment.unknown',
    says: /^CHARTMOGUL_LEAD_SOURCE is not a setting, so it is ignored$/,
    fix: /^rename it to LEADS_SOURCE$/,
  },
  // Temporal and workers
  {
    what: 'the namespace forgets ended journeys after a week',
    isAlone: true,
    async breaks({ stage }) {
      await keepFor(stage, '7 days');
      return { repair: () => keepFor(stage, '90 days') };
    },
    warns: 'temporal.retention',
    says: /^the namespace keeps ended journeys for 7 days: after that, corrections and late facts/,
    fix: /--retention 90d$/,
  },
  {
    what: 'search attributes are missing, and a worker may register them',
    async breaks({ stage }) {
      return { env: { TEMPORAL_NAMESPACE: await emptyNamespace(stage, []) } };
    },
    fails: ['workers.polling', 'workers.polling'],
    warns: 'temporal.search-attributes',
    says: /^the search attributes JourneyStage, .* are not registered; there is room/,
    fix: /^start a worker/,
  },
  {
    what: 'the workers send another rate than this environment says',
    breaks: () => ({ env: { CHARTMOGUL_REQUESTS_PER_SECOND: '20' } }),
    warns: 'workers.rate',
    says: /^the workers of chartmogul\/test-\w+ send 30 requests\/s, and this environment says 20$/,
    fix: /^set CHARTMOGUL_REQUESTS_PER_SECOND to the same value/,
  },
  {
    what: 'somebody has set a rate on the queue',
    isAlone: true,
    async breaks({ stage }) {
      await limitQueue(stage, 5);
      return { repair: () => limitQueue(stage, undefined) };
    },
    warns: 'workers.rate',
    says: /^the queue chartmogul\/test-\w+ has a limit of 5\/s, which overrides the 30\/s of its workers$/,
    fix: /^temporal task-queue config set --task-queue chartmogul\/\S+ --task-queue-type activity --queue-rps-limit default$/,
  },
  // ChartMogul
  {
    what: 'the clock is a minute ahead',
    breaks: () => inSandbox(async () => undefined, { clockSkewMs: -60_000 }),
    warns: 'chartmogul.clock',
    says: /^the clock of this machine is \d+ seconds ahead of ChartMogul's$/,
    fix: /^synchronize the clock/,
  },
  {
    what: 'a billing source has never brought a customer in',
    breaks: () =>
      inSandbox((sandbox) => call(sandbox, 'POST', '/v1/data_sources', { name: 'Paddle' }), {}, 'Stripe,pad=Paddle'),
    warns: 'chartmogul.billing-source',
    says: /^Paddle has never brought a customer in$/,
    fix: /^see in ChartMogul, under Data Platform, whether Paddle imports customers$/,
  },
  {
    what: 'the customers of a billing source have never paid',
    breaks: () => inSandbox(async (sandbox) => sandbox.ingest({ external_id: 'cus_1' })),
    warns: 'chartmogul.billing-source',
    says: /^Stripe has customers, but none has ever paid$/,
    fix: /^see in ChartMogul/,
  },
  // Records
  {
    what: 'the account has no lead of the journeys, as it is another one',
    breaks: () => inSandbox(async () => undefined),
    warns: 'data.leads',
    says: /^leads of journeys that ChartMogul has: 0 of [12]; the workers write to another account or leads source/,
    fix: /^give the workers and this environment the same CHARTMOGUL_API_KEY/,
  },
  {
    what: 'no subscriber carries a lead id',
    breaks: () =>
      inSandbox(async (sandbox) => {
        for (const id of ['cus_1', 'cus_2', 'cus_3']) sandbox.ingest({ external_id: id, paid_at: paidAt });
      }),
    warns: 'data.payers',
    says: /^recent subscribers with a lead id: 0 of 3$/,
    fix: /^report payments with the id of the billing customer, or store the lead id in the billing system/,
  },
  {
    what: 'subscribers have trial line items',
    breaks: () =>
      inSandbox(async (sandbox) => {
        sandbox.ingest({ external_id: 'cus_1', paid_at: paidAt });
        await call(sandbox, 'POST', `/v1/import/customers/${uuidOf(sandbox, 'cus_1')}/invoices`, {
          invoices: [trialInvoice],
        });
      }),
    warns: 'data.trials',
    says: /^recent subscribers with a trial line item: 1 of 1; ChartMogul ignores their trial dates$/,
    fix: /see the limits in the README$/,
  },
  {
    what: 'leads have company domains',
    breaks: () =>
      inSandbox(async (sandbox) => {
        await lead(sandbox, 'lead_1', { website_url: 'acme.example' });
        await lead(sandbox, 'lead_2');
      }),
    warns: 'data.automatic-merges',
    says: /^leads with a company domain: 1 of the first 2; ChartMogul's automations merge records by it$/,
    fix: /^turn off the automation in ChartMogul that merges duplicates/,
  },
  {
    what: 'every lead has a company domain, so that ChartMogul may merge by itself',
    breaks: () =>
      inSandbox(async (sandbox) => {
        for (const id of [1, 2, 3, 4, 5]) await lead(sandbox, `lead_${id}`, { website_url: `company-${id}.example` });
      }),
    warns: 'data.need',
    says: /^every lead has a company domain: if ChartMogul's own automation merges them/,
    fix: /^see "You do not need this" in the README$/,
  },
  {
    what: 'two leads of one company are one record',
    breaks: () =>
      inSandbox(async (sandbox) => {
        await lead(sandbox, 'lead_1');
        await lead(sandbox, 'lead_2');
        await merge(sandbox, 'lead_1', 'lead_2');
      }),
    warns: 'data.automatic-merges',
    says: /^leads that share a record without a subscriber: 1 of the first 1; no journey merges those$/,
    fix: /^turn off the automation/,
  },
  {
    what: 'a lead is merged with a subscriber of whom its journey knows nothing',
    isAlone: true,
    async breaks({ stage }) {
      await stage.journeys.leadCreated('lead_auto', { occurredAt });
      await until(stage, 'lead_auto', ({ customerUuid }) => customerUuid !== undefined);
      stage.sandbox.ingest({ external_id: 'cus_auto', paid_at: paidAt });
      await merge(stage.sandbox, 'lead_auto', 'cus_auto');
      return {
        async repair() {
          await stage.journeys.close('lead_auto', { note: 'a test' });
          await removeRecords(stage, ['lead_auto']);
        },
      };
    },
    warns: 'data.automatic-merges',
    says: /^leads merged with a subscriber before their journey knew of a payment: 1 of the first 2$/,
    fix: /^turn off the automation/,
  },
  {
    what: 'there are no leads, and the billing source imports the trials',
    breaks: ({ stage }) =>
      inSandbox(
        async (sandbox) => sandbox.ingest({ external_id: 'cus_1', trial_started_at: occurredAt, paid_at: paidAt }),
        {},
        'Stripe',
        { JOURNEY_ACCOUNT: `${stage.account}-new`, GATEWAY_KEYS: '', STRIPE_WEBHOOK_SECRETS: '' },
      ),
    fails: ['workers.polling'],
    warns: 'data.need',
    says: /^there are no leads, and Stripe imported the trial date of 1 of 1 recent subscribers: if no lead exists before/,
    fix: /^see "You do not need this" in the README$/,
  },
  // Journeys
  {
    what: 'no lead was ever reported',
    breaks: ({ stage }) => ({
      env: { JOURNEY_ACCOUNT: `${stage.account}-new`, GATEWAY_KEYS: '', STRIPE_WEBHOOK_SECRETS: '' },
    }),
    fails: ['workers.polling'],
    warns: 'data.journeys',
    says: /^no lead was ever reported to the account test-\w+-new$/,
    fix: /customer-journey import FILE$/,
  },
  {
    what: 'a journey needs attention',
    isAlone: true,
    async breaks({ stage }) {
      stage.sandbox.fault({ route: 'POST /v1/customers', status: 422 });
      await stage.journeys.leadCreated('lead_refused', { occurredAt });
      await until(stage, 'lead_refused', ({ attention }) => attention !== undefined);
      await eventually(async () => (await stage.journeys.count({ attention: 'refused' })) === 1);
      return { repair: () => stage.journeys.close('lead_refused', { note: 'a test' }) };
    },
    warns: 'data.attention',
    says: /^1 journey needs attention: refused$/,
    fix: /^customer-journey list --attention refused$/,
  },
  {
    what: 'a billing customer has no lead',
    isAlone: true,
    async breaks({ stage }) {
      await stage.customers.reported('cus_lost', { begins: true, paidAt });
      await untilCustomer(stage, 'cus_lost', ({ matchStatus }) => matchStatus === 'unmatched');
      await fastForward(stage.customers.handle('cus_lost'), '25 hours');
      await eventually(async () => (await stage.customers.count({ attention: 'payment-unmatched' })) === 1);
      return { repair: () => stage.customers.handle('cus_lost').terminate() };
    },
    warns: 'data.unmatched',
    says: /^1 billing customer with a payment or a trial and without a lead$/,
    fix: /^customer-journey customers --unmatched/,
  },
  // Stripe and the gateway
  {
    what: "Stripe's endpoint has no API version of its own",
    isAlone: true,
    breaks: (healthy) => withEndpoint(healthy, { api_version: null }),
    warns: 'stripe.endpoint',
    says: /has no API version of its own: a change of the account changes its events$/,
    fix: /docs\/billing\.md/,
  },
  {
    what: 'Stripe could not deliver an event',
    isAlone: true,
    breaks({ stripe }) {
      const event = stripeCustomer().created(new Date().toISOString());
      stripe.events.push(event);
      stripe.undelivered.add(event.id);
      return { repair: () => stripe.undelivered.clear() };
    },
    warns: 'stripe.deliveries',
    says: /^Stripe could not deliver 1 event of the last 30 days$/,
    fix: /^customer-journey stripe sweep --dry-run$/,
  },
  {
    what: 'the gateway refuses some of the deliveries',
    isAlone: true,
    async breaks({ gateway }) {
      const event = { ...stripeCustomer().created(occurredAt), livemode: true };
      for (const secret of [stripeTestSecret, 'whsec_AnotherEndpointsSecret']) {
        const { body, headers } = signedStripeRequest(event, secret);
        await gateway.ask('POST', '/webhooks/stripe', body, headers);
      }
      return {};
    },
    warns: 'gateway.events',
    says: /^the gateway has refused 1 webhook delivery of Stripe since it started: wrong-signature$/,
    fix: /^set STRIPE_WEBHOOK_SECRETS/,
  },
  // These leave workers behind that the server remembers for minutes.
  {
    what: 'workers of a version that is not current poll in vain',
    isAlone: true,
    async breaks({ stage }) {
      const { connection, namespace } = stage.server;
      await pollVersioned(connection, namespace, { deploymentName: 'customer-journey', buildId: '3.0.0' });
      return {};
    },
    warns: 'workers.versions',
    says: /^workers of version customer-journey\.3\.0\.0 poll customer-journey and get no tasks: they go to workers without a version$/,
    fix: /^stop them, or make their version current/,
  },
  {
    what: 'two workers of the account set different rates',
    isAlone: true,
    async breaks({ stage }) {
      const { connection, namespace } = stage.server;
      const taskQueueMetadata = { maxTasksPerSecond: { value: 10 } };
      await poll(connection, namespace, 'activity', {
        taskQueue: { name: `chartmogul/${stage.account}` },
        taskQueueMetadata,
      });
      return {};
    },
    warns: 'workers.rate',
    says: /^the workers of chartmogul\/test-\w+ set different rates \(10, 30\/s\): the last to poll wins$/,
    fix: /^set CHARTMOGUL_REQUESTS_PER_SECOND to the same value for all workers/,
  },
];

examines('customer-journey doctor warns and says what to do if', rows);

const trialInvoice = {
  external_id: 'in_1',
  date: occurredAt,
  currency: 'USD',
  line_items: [
    {
      type: 'trial',
      subscription_external_id: 'sub_1',
      service_period_start: occurredAt,
      service_period_end: '2016-01-19T00:00:00Z',
    },
  ],
};

/** Another ChartMogul account, with a few records. */
async function inSandbox(
  fill: (sandbox: Sandbox) => Promise<unknown>,
  knobs: { readonly clockSkewMs?: number } = {},
  billing = 'Stripe',
  env: NodeJS.ProcessEnv = {},
): Promise<SetUp> {
  const sandbox = await startSandbox({ ingestDelayMs: 0, mergeDelayMs: 0, ...knobs });
  await fill(sandbox);
  return { env: { ...env, CHARTMOGUL_URL: sandbox.url, BILLING_SOURCE: billing }, repair: () => sandbox.close() };
}

function lead(sandbox: Sandbox, externalId: string, fields: object = {}): Promise<void> {
  const ids = { data_source_uuid: sandbox.leadsSourceUuid, external_id: externalId };
  return call(sandbox, 'POST', '/v1/customers', { ...ids, lead_created_at: occurredAt, ...fields });
}

/** As an automation merges, or a person. */
async function merge(sandbox: Sandbox, from: string, into: string): Promise<void> {
  const body = { from: { customer_uuid: uuidOf(sandbox, from) }, into: { customer_uuid: uuidOf(sandbox, into) } };
  await call(sandbox, 'POST', '/v1/customers/merges', body);
  await call(sandbox, 'GET', `/v1/customers/${uuidOf(sandbox, into)}`);
  await eventually(() => uuidOf(sandbox, from) === uuidOf(sandbox, into));
}

function uuidOf(sandbox: Sandbox, externalId: string): string {
  return String(sandbox.customers().find(({ external_ids: ids }) => (ids as string[]).includes(externalId))?.uuid);
}

async function call(sandbox: Sandbox, method: string, path: string, body?: object): Promise<void> {
  const headers = { authorization: `Basic ${Buffer.from('sandbox-key:').toString('base64')}` };
  const answer = await fetch(sandbox.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
}

async function limitQueue({ server, account }: Stage, requestsPerSecond: number | undefined): Promise<void> {
  const { connection, namespace } = server;
  const name = `chartmogul/${account}`;
  await connection.workflowService.updateTaskQueueConfig({
    namespace,
    identity: 'test',
    taskQueue: name,
    taskQueueType: TASK_QUEUE_TYPE_ACTIVITY,
    updateQueueRateLimit: { ...(requestsPerSecond && { rateLimit: { requestsPerSecond } }), reason: 'a test' },
  });
  await eventually(async () => {
    const state = await taskQueueState(connection, namespace, { name, kind: 'activity' });
    return state.ratePerSecond === requestsPerSecond;
  });
}
