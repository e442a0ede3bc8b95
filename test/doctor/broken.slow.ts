import { readOnlyApiKey, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { stripeEventTypes } from '../../src/stripe/facts.js';
import { searchAttributeKeys } from '../../src/workflows/search-attributes.js';
import { openGateway } from '../gateway/gateways.js';
import { unmergeByHand } from '../support/by-hand.js';
import { eventually } from '../support/eventually.js';
import { until } from '../support/journeys.js';
import { startSecureProxy } from '../support/secure-proxy.js';
import { signedStripeRequest } from '../support/stripe.js';
import { emptyNamespace, keepFor, occurredAt, pay } from './healthy.js';
import { examines, type Row, removeRecords, withEndpoint } from './table.js';
import { setCurrentVersion } from './versions.js';

const keyFix = /^create a key with read and write access in ChartMogul, and set CHARTMOGUL_API_KEY/;

const rows: readonly Row[] = [
  // The environment
  {
    what: 'there is no API key',
    breaks: () => ({ env: { CHARTMOGUL_API_KEY: '' } }),
    fails: ['environment.settings'],
    says: /^CHARTMOGUL_API_KEY is missing$/,
    fix: keyFix,
  },
  {
    what: 'three settings are invalid, all named at once',
    breaks: () => ({
      env: { CHARTMOGUL_REQUESTS_PER_SECOND: '99', CHARTMOGUL_TIMEOUT: '30', LOG_LEVEL: 'loud' },
    }),
    fails: ['environment.settings', 'environment.settings', 'environment.settings'],
    says: /^CHARTMOGUL_REQUESTS_PER_SECOND must be at most 40$/,
    fix: /^customer-journey worker --help/,
  },
  {
    what: 'the account has an invalid name',
    breaks: () => ({ env: { JOURNEY_ACCOUNT: 'Acme Inc.' } }),
    fails: ['environment.settings'],
    says: /^JOURNEY_ACCOUNT must be 1 to 40 of a-z, 0-9 and hyphens$/,
    fix: /--help/,
  },
  {
    what: 'a further billing source has no alias',
    breaks: () => ({ env: { BILLING_SOURCE: 'Stripe,Stripe US' } }),
    fails: ['environment.settings'],
    says: /^BILLING_SOURCE must be a source, and after a comma further ones with an alias/,
    fix: /--help/,
  },
  {
    what: "Stripe's key is not a key",
    breaks: () => ({ env: { STRIPE_API_KEY: 'whsec_1234' } }),
    fails: ['environment.settings'],
    says: /^STRIPE_API_KEY must be an API key, as rk_live_\.\.\.$/,
    fix: /stripe sweep --help/,
  },
  {
    what: "the gateway's keys are in another format",
    breaks: () => ({ env: { GATEWAY_KEYS: 'cjk_secret' } }),
    fails: ['environment.settings'],
    says: /^GATEWAY_KEYS has an invalid entry 1/,
    fix: /^customer-journey key prints an entry/,
  },
  {
    what: "Temporal's address is a URL",
    breaks: () => ({ env: { TEMPORAL_ADDRESS: 'https://temporal.example.com:7233/' } }),
    fails: ['environment.temporal'],
    says: /it must be host:port and no URL/,
    fix: /^set TEMPORAL_ADDRESS=temporal\.example\.com:7233 and TEMPORAL_TLS=true/,
  },
  {
    what: 'the client certificate is not there',
    breaks: () => ({
      env: { TEMPORAL_TLS_CLIENT_CERT_PATH: '/nowhere.pem', TEMPORAL_TLS_CLIENT_KEY_PATH: '/nowhere.key' },
    }),
    fails: ['environment.temporal'],
    says: /TEMPORAL_TLS_CLIENT_CERT_PATH \(\/nowhere\.pem\) cannot be read \(ENOENT\)/,
    fix: /./,
  },
  // Temporal
  {
    what: 'nothing listens at the address of Temporal',
    breaks: () => ({ env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } }),
    fails: ['temporal.connection'],
    says: /^Temporal cannot be reached at 127\.0\.0\.1:1 \(connection refused: nothing listens there\)$/,
    fix: /^see TEMPORAL_ADDRESS$/,
  },
  {
    what: 'another server listens at the address of Temporal',
    breaks: ({ stage }) => ({ env: { TEMPORAL_ADDRESS: new URL(stage.sandbox.url).host } }),
    fails: ['temporal.connection'],
    says: /something other than a Temporal server answers there/,
    fix: /^set TEMPORAL_ADDRESS to the port of the frontend, usually 7233$/,
  },
  {
    what: 'TLS is on and the server has none',
    breaks: () => ({ env: { TEMPORAL_TLS: 'true' } }),
    fails: ['temporal.connection'],
    says: /TLS is on, and the server does not use it/,
    fix: /^set TEMPORAL_TLS=false$/,
  },
  {
    what: 'there is no such namespace',
    breaks: () => ({ env: { TEMPORAL_NAMESPACE: 'journies' } }),
    fails: ['temporal.connection'],
    says: /answers, and has no namespace journies$/,
    fix: /^set TEMPORAL_NAMESPACE to the right one, or: temporal operator namespace create --namespace journies --retention 90d$/,
  },
  {
    what: 'Temporal requires a credential',
    async breaks({ stage }) {
      const isAllowed = (authorization: string | undefined) => authorization !== undefined;
      const proxy = await startSecureProxy({ address: stage.server.address, isAllowed });
      return { env: { TEMPORAL_ADDRESS: proxy.address }, repair: () => proxy.close() };
    },
    fails: ['temporal.connection'],
    says: /requires a credential for the namespace .*, and none is set/,
    fix: /^set TEMPORAL_API_KEY/,
  },
  {
    what: 'the namespace forgets ended journeys after a day',
    isAlone: true,
    async breaks({ stage }) {
      await keepFor(stage, '1 day');
      return { repair: () => keepFor(stage, '90 days') };
    },
    fails: ['temporal.retention'],
    says: /^the namespace keeps ended journeys for 24 hours: a fact that Stripe repeats for three days would start/,
    fix: /^temporal operator namespace update --namespace test-\S+ --retention 90d$/,
  },
  {
    what: 'another attribute takes the room of the search attributes',
    async breaks({ stage }) {
      return { env: { TEMPORAL_NAMESPACE: await emptyNamespace(stage, [{ name: 'DoorOpenedAt', type: 'DATETIME' }]) } };
    },
    fails: ['temporal.search-attributes', 'workers.polling', 'workers.polling'],
    says: /has no room for the search attributes of journeys: .* allows 3 of type Datetime, .* has DoorOpenedAt\.$/,
    fix: /^Use a namespace of its own .*\ntemporal operator namespace create/,
  },
  {
    what: 'a search attribute has another type',
    async breaks({ stage }) {
      return { env: { TEMPORAL_NAMESPACE: await emptyNamespace(stage, [{ name: 'JourneyStage', type: 'INT' }]) } };
    },
    fails: ['temporal.search-attributes', 'workers.polling', 'workers.polling'],
    says: /^The search attribute JourneyStage of namespace \S+ has the type INDEXED_VALUE_TYPE_INT, not/,
    fix: /^temporal operator search-attribute remove --namespace \S+ --name JourneyStage$/,
  },
  {
    what: 'search attributes are missing, and the credential may not register them',
    async breaks({ stage }) {
      const { address } = stage.server;
      const isAllowed = (_: string | undefined, path: string) => !path.endsWith('/AddSearchAttributes');
      const proxy = await startSecureProxy({ address, isAllowed });
      const namespace = await emptyNamespace(stage, []);
      return {
        env: { TEMPORAL_ADDRESS: proxy.address, TEMPORAL_NAMESPACE: namespace },
        repair: () => proxy.close(),
      };
    },
    fails: ['temporal.search-attributes', 'workers.polling', 'workers.polling'],
    says: /lacks search attributes, and Temporal did not register them/,
    fix: /^temporal operator search-attribute create --namespace \S+ --name JourneyStage --type Keyword/,
  },
  // Workers
  {
    what: 'no worker runs',
    async breaks({ stage }) {
      return { env: { TEMPORAL_NAMESPACE: await emptyNamespace(stage, searchAttributeKeys) } };
    },
    fails: ['workers.polling', 'workers.polling'],
    says: /^no worker polls customer-journey$/,
    fix: /^JOURNEY_ACCOUNT=test-\S+ customer-journey worker$/,
  },
  {
    what: 'no worker runs for this account',
    breaks: ({ stage, env }) => ({
      env: {
        JOURNEY_ACCOUNT: `${stage.account}-2`,
        GATEWAY_KEYS: `${env.GATEWAY_KEYS} app:${stage.account}-2:ingest:${'0'.repeat(64)}`,
      },
    }),
    fails: ['workers.polling'],
    says: /^no worker polls chartmogul\/test-\w+-2$/,
    fix: /^JOURNEY_ACCOUNT=test-\w+-2 customer-journey worker$/,
  },
  {
    what: "no worker runs for the account of one of the gateway's keys",
    breaks: ({ env }) => ({ env: { GATEWAY_KEYS: `${env.GATEWAY_KEYS} acme:acme:ingest:${'0'.repeat(64)}` } }),
    fails: ['workers.polling'],
    says: /^no worker polls chartmogul\/acme$/,
    fix: /^JOURNEY_ACCOUNT=acme customer-journey worker$/,
  },
  {
    what: 'the tasks go to a version of which no worker runs',
    async breaks({ stage }) {
      const namespace = await emptyNamespace(stage, searchAttributeKeys);
      const version = { deploymentName: 'customer-journey', buildId: '2.0.0' };
      await setCurrentVersion(stage.server.connection, namespace, version);
      return { env: { TEMPORAL_NAMESPACE: namespace } };
    },
    fails: ['workers.polling', 'workers.polling'],
    says: /^tasks of customer-journey go to version customer-journey\.2\.0\.0, and only other workers poll it$/,
    fix: /^start version customer-journey\.2\.0\.0, or make the version that runs current/,
  },
  // ChartMogul
  {
    what: 'ChartMogul does not know the API key',
    breaks: () => ({ env: { CHARTMOGUL_API_KEY: 'revoked-key' } }),
    fails: ['chartmogul.key'],
    says: /^ChartMogul rejects the API key or the account \(401\)$/,
    fix: keyFix,
  },
  {
    what: 'the API key may only read',
    breaks: () => ({ env: { CHARTMOGUL_API_KEY: readOnlyApiKey } }),
    fails: ['chartmogul.access'],
    says: /^the API key may only read: no lead is created/,
    fix: keyFix,
  },
  {
    what: 'the account at ChartMogul has expired',
    isAlone: true,
    breaks({ stage }) {
      stage.sandbox.fault({ route: 'GET /v1/data_sources', status: 403 });
      return {};
    },
    fails: ['chartmogul.key'],
    says: /^ChartMogul rejects the API key or the account \(403\)$/,
    fix: keyFix,
  },
  {
    what: 'ChartMogul does not answer',
    breaks: () => ({ env: { CHARTMOGUL_URL: 'http://127.0.0.1:1' } }),
    fails: ['chartmogul.key'],
    says: /^ChartMogul cannot be reached: nothing listens there$/,
    fix: /^see CHARTMOGUL_URL/,
  },
  {
    what: 'the address of ChartMogul is https, and its server uses http',
    breaks: ({ stage }) => ({ env: { CHARTMOGUL_URL: stage.sandbox.url.replace('http:', 'https:') } }),
    fails: ['chartmogul.key'],
    says: /^ChartMogul cannot be reached: TLS fails; is it http\?$/,
    fix: /^see CHARTMOGUL_URL/,
  },
  {
    what: 'the address of ChartMogul has its version',
    breaks: ({ stage }) => ({ env: { CHARTMOGUL_URL: `${stage.sandbox.url}/v1` } }),
    fails: ['chartmogul.key'],
    says: /^what answers has no such address \(404\)/,
    fix: /^unset CHARTMOGUL_URL, or set it to a host without a path$/,
  },
  {
    what: 'the address of ChartMogul contains a password',
    breaks: () => ({ env: { CHARTMOGUL_URL: 'http://user:password@127.0.0.1:4010' } }),
    fails: ['environment.settings'],
    says: /^CHARTMOGUL_URL must contain no user and no password$/,
    fix: /--help/,
  },
  {
    what: 'a page of a proxy answers for ChartMogul',
    isAlone: true,
    breaks({ stage }) {
      stage.sandbox.fault({ route: 'GET /v1/data_sources', status: 'garbage' });
      return {};
    },
    fails: ['chartmogul.key'],
    says: /^what answers is not ChartMogul, but another server or a proxy \(200, in another format\)$/,
    fix: /^unset CHARTMOGUL_URL/,
  },
  {
    what: 'ChartMogul is down',
    isAlone: true,
    breaks({ stage }) {
      stage.sandbox.fault({ route: 'GET /v1/data_sources', status: 503, times: 3 });
      return {};
    },
    fails: ['chartmogul.key'],
    says: /^ChartMogul is down, or has too many requests \(503\)$/,
    fix: /see https:\/\/status\.chartmogul\.com$/,
  },
  {
    what: "the leads source is the billing integration's",
    breaks: () => ({ env: { LEADS_SOURCE: 'Stripe' } }),
    fails: ['chartmogul.leads-source'],
    says: /^the leads source Stripe belongs to the integration Stripe, which imports its own customers$/,
    fix: /^set LEADS_SOURCE to a source of its own, for example LEADS_SOURCE=Leads/,
  },
  {
    what: 'the leads source does not exist, by its UUID',
    breaks: () => ({ env: { LEADS_SOURCE: 'ds_00000000-0000-0000-0000-000000000000' } }),
    fails: ['chartmogul.leads-source'],
    says: /^the leads source ds_0+\S+ does not exist$/,
    fix: /^set LEADS_SOURCE to the name of a source/,
  },
  {
    what: 'the billing source does not exist',
    breaks: () => ({ env: { BILLING_SOURCE: 'Stripe Payments' } }),
    fails: ['chartmogul.billing-source'],
    says: /^the billing source Stripe Payments does not exist; the account has Leads, Stripe$/,
    fix: /^set BILLING_SOURCE to one of them$/,
  },
  {
    what: 'the second of two billing sources does not exist',
    breaks: () => ({ env: { BILLING_SOURCE: 'Stripe,pad=Paddle' } }),
    fails: ['chartmogul.billing-source'],
    says: /^the billing source Paddle does not exist/,
    fix: /^set BILLING_SOURCE/,
  },
  {
    what: 'the clock is ten minutes behind',
    async breaks() {
      const sandbox = await startSandbox({ clockSkewMs: 600_000 });
      return { env: { CHARTMOGUL_URL: sandbox.url }, repair: () => sandbox.close() };
    },
    fails: ['chartmogul.clock'],
    says: /^the clock of this machine is (10|9) minutes behind ChartMogul's: the gateway refuses/,
    fix: /^synchronize the clock \(NTP\)/,
  },
  // Records and journeys
  {
    what: 'a subscriber and its lead were unmerged',
    isAlone: true,
    async breaks({ stage }) {
      await pay(stage, 'lead_split', 'cus_split');
      await unmergeByHand(stage, 'lead_split');
      await eventually(() => stage.sandbox.customers().length === 3);
      return { repair: () => removeRecords(stage, ['cus_split', 'lead_split']) };
    },
    fails: ['data.payers'],
    says: /^recent subscribers that exist twice: 1 of 2; the lead is a record of its own$/,
    fix: /^customer-journey list --attention shows why/,
  },
  {
    what: 'journeys wait since their key was rejected',
    isAlone: true,
    async breaks({ stage }) {
      stage.sandbox.fault({ route: 'POST /v1/customers', status: 401 });
      await stage.journeys.leadCreated('lead_waits', { occurredAt });
      await until(stage, 'lead_waits', ({ attention }) => attention !== undefined);
      await eventually(async () => (await stage.journeys.count({ attention: 'unauthorized' })) === 1);
      return {
        repair: async () => {
          await stage.journeys.close('lead_waits', { note: 'a test' });
          await eventually(async () => (await stage.journeys.count({ attention: true })) === 0);
        },
      };
    },
    fails: ['data.attention'],
    says: /^1 journey needs attention: unauthorized$/,
    fix: /^customer-journey retry --attention unauthorized/,
  },
  // Stripe
  {
    what: 'Stripe does not accept the key',
    breaks: () => ({ env: { STRIPE_API_KEY: 'rk_test_revoked' } }),
    fails: ['stripe.endpoint', 'stripe.deliveries'],
    says: /^Stripe answered 401: it does not accept STRIPE_API_KEY$/,
    fix: /customers and webhook endpoints$/,
  },
  {
    what: "Stripe's key may not read webhook endpoints",
    isAlone: true,
    breaks({ stripe }) {
      stripe.forbidden.add('webhook_endpoints');
      return { repair: () => stripe.forbidden.clear() };
    },
    fails: ['stripe.endpoint'],
    says: /^Stripe answered 403: STRIPE_API_KEY lacks a permission$/,
    fix: /customers and webhook endpoints$/,
  },
  {
    what: 'Stripe has no webhook endpoint',
    isAlone: true,
    breaks: (healthy) => withEndpoint(healthy, { url: 'https://other.example.com/hook' }),
    fails: ['stripe.endpoint'],
    says: /^Stripe has no webhook endpoint for \/webhooks\/stripe in test mode \(it has 1, to other addresses\)$/,
    fix: /docs\/billing\.md/,
  },
  {
    what: "Stripe's endpoint is disabled",
    isAlone: true,
    breaks: (healthy) => withEndpoint(healthy, { status: 'disabled' }),
    fails: ['stripe.endpoint'],
    says: /^Stripe's endpoint at journeys\.example\.com is disabled: it sends nothing$/,
    fix: /^enable it in Stripe, then: customer-journey stripe sweep$/,
  },
  {
    what: 'Stripe cannot be reached',
    breaks: () => ({ env: { STRIPE_API_URL: 'http://127.0.0.1:1' } }),
    fails: ['stripe.endpoint', 'stripe.deliveries'],
    says: /^Stripe does not answer$/,
    fix: /see STRIPE_API_URL and https:\/\/status\.stripe\.com$/,
  },
  {
    what: "Stripe's endpoint does not send the payments",
    isAlone: true,
    breaks: (healthy) =>
      withEndpoint(healthy, { enabled_events: stripeEventTypes.filter((type) => type !== 'invoice.paid') }),
    fails: ['stripe.endpoint'],
    says: /^Stripe's endpoint at journeys\.example\.com does not send invoice\.paid$/,
    fix: /^add these events/,
  },
  // The gateway
  {
    what: 'no gateway answers',
    breaks: () => ({ args: ['--gateway', 'http://127.0.0.1:1'] }),
    fails: ['gateway.ready'],
    says: /^no gateway answers at http:\/\/127\.0\.0\.1:1$/,
    fix: /^customer-journey gateway; or pass --gateway/,
  },
  {
    what: "the gateway's address is the public one",
    breaks: ({ gateway }) => ({ args: ['--gateway', gateway.url] }),
    fails: ['gateway.ready'],
    says: /is not the address for operators of a gateway \(its answer is 404\)$/,
    fix: /--gateway http:\/\/127\.0\.0\.1:9464$/,
  },
  {
    what: 'the gateway serves an account without a worker',
    async breaks({ stage }) {
      const { address, namespace } = stage.server;
      const other = await openGateway({ account: 'acme', address, namespace });
      return { args: ['--gateway', other.operationsUrl], repair: () => other.close() };
    },
    fails: ['gateway.ready'],
    says: /^the gateway is not ready: no worker polls chartmogul\/acme$/,
    fix: /^JOURNEY_ACCOUNT=acme customer-journey worker$/,
  },
  {
    what: 'the application sends what the gateway refuses',
    async breaks({ stage }) {
      const { address, namespace } = stage.server;
      const other = await openGateway({ account: stage.account, address, namespace });
      await other.ask('POST', '/v1/events', { type: 'lead.created', lead: 'lead_1' });
      return { args: ['--gateway', other.operationsUrl], repair: () => other.close() };
    },
    fails: ['gateway.events'],
    says: /^the gateway has refused 1 request with events since it started \(400\); it has accepted none of an application$/,
    fix: /^see what the gateway answers to the application/,
  },
  {
    what: "the gateway has another signing secret than Stripe's endpoint",
    async breaks({ stage, env }) {
      const { address, namespace } = stage.server;
      const secrets = { STRIPE_WEBHOOK_SECRETS: env.STRIPE_WEBHOOK_SECRETS ?? '' };
      const other = await openGateway({ account: stage.account, address, namespace, env: secrets });
      const { body, headers } = signedStripeRequest({ type: 'invoice.paid' }, 'whsec_AnotherEndpointsSecret');
      await other.ask('POST', '/webhooks/stripe', body, headers);
      return { args: ['--gateway', other.operationsUrl], repair: () => other.close() };
    },
    fails: ['gateway.events'],
    says: /^the gateway has refused 1 webhook delivery of Stripe since it started: wrong-signature; it has accepted none$/,
    fix: /^set STRIPE_WEBHOOK_SECRETS to the endpoint's signing secret/,
  },
  {
    what: 'no key of the gateway is for this account',
    breaks: ({ stage }) => ({
      env: { GATEWAY_KEYS: `app:${stage.account}-2:ingest:${'0'.repeat(64)}`, STRIPE_WEBHOOK_SECRETS: '' },
    }),
    fails: ['gateway.keys', 'workers.polling'],
    says: /^no key and no webhook secret of the gateway is for the account test-\w+$/,
    fix: /^customer-journey key --account test-\w+$/,
  },
];

examines('customer-journey doctor names the failure, says what to do, and exits with 1 if', rows);
