import { randomUUID } from 'node:crypto';
import { apiKey } from '../../packages/chartmogul-sandbox/src/index.js';
import { stripeEventTypes } from '../../src/stripe/facts.js';
import { ensureSearchAttributes, type SearchAttribute } from '../../src/temporal/search-attributes.js';
import { protoDuration } from '../../tools/temporal-server/duration.js';
import { run, type Said } from '../cli/terminal-stand-in.js';
import { openGateway, type TestGateway } from '../gateway/gateways.js';
import { eventually } from '../support/eventually.js';
import { type FakeStripe, type ListedEndpoint, startFakeStripe } from '../support/fake-stripe.js';
import { openStage, type Stage, type StageOptions } from '../support/journeys.js';
import { stripeTestSecret } from '../support/stripe.js';

export const occurredAt = '2016-01-05T00:00:00Z';

/** A whole set-up of which everything is well: Temporal, a worker, ChartMogul, Stripe, the gateway, one proven journey. */
export interface Healthy {
  readonly stage: Stage;
  readonly stripe: FakeStripe;
  readonly gateway: TestGateway;
  /** The environment of all programs, and with `GATEWAY_KEYS`. */
  readonly env: NodeJS.ProcessEnv;
  /** Runs `doctor` with changes of the environment. */
  doctor(changes?: NodeJS.ProcessEnv, args?: readonly string[]): Promise<Diagnosed>;
  close(): Promise<void>;
}

/** A finding, as the document has it. */
export interface Found {
  readonly check: string;
  readonly level: 'ok' | 'warning' | 'failure' | 'skipped';
  readonly text: string;
  readonly fix?: string;
}

export interface Diagnosed extends Said {
  readonly findings: readonly Found[];
}

export const goodEndpoint: ListedEndpoint = {
  id: 'we_1',
  created: 1_700_000_000,
  url: 'https://journeys.example.com/webhooks/stripe',
  enabled_events: stripeEventTypes,
  api_version: '2026-10-28.endive',
  status: 'enabled',
};

export async function openHealthy(options: StageOptions = {}): Promise<Healthy> {
  const stage = await openStage({ namespace: 'own', rateLimitPerSecond: 0, ...options });
  const { account, server, sandbox } = stage;
  await keepFor(stage, '90 days');
  const stripe = await startFakeStripe();
  stripe.endpoints.push(goodEndpoint);
  const gateway = await openGateway({
    account,
    address: server.address,
    namespace: server.namespace,
    env: { STRIPE_WEBHOOK_SECRETS: `${account}:live:${stripeTestSecret}` },
  });
  const env = {
    ...stage.env,
    ...stripe.env,
    CHARTMOGUL_URL: sandbox.url,
    CHARTMOGUL_API_KEY: apiKey,
    GATEWAY_KEYS: gateway.entries.join(' '),
    STRIPE_WEBHOOK_SECRETS: `${account}:live:${stripeTestSecret}`,
  };
  const profile = { name: 'Adam Smith', email: 'adam@smith.example' };
  await gateway.ask('POST', '/v1/events', {
    type: 'lead.created',
    lead_id: 'lead_adam',
    occurred_at: occurredAt,
    data: { profile },
  });
  await pay(stage, 'lead_adam', 'cus_adam');
  return {
    stage,
    stripe,
    gateway,
    env,
    doctor: async (changes = {}, args = ['--gateway', gateway.operationsUrl]) => {
      const said = await run(['doctor', '--json', ...args], { env: { ...env, ...changes } });
      return { ...said, findings: said.stdout === '' ? [] : JSON.parse(said.stdout).findings };
    },
    async close() {
      await gateway.close();
      await stripe.close();
      await stage.close();
    },
  };
}

/** The billing integration imports a customer, and the lead's journey is proven with it. */
export async function pay(stage: Stage, leadId: string, billingCustomerId: string): Promise<void> {
  const paidAt = '2016-02-25T00:00:00Z';
  stage.sandbox.ingest({
    external_id: billingCustomerId,
    paid_at: paidAt,
    name: 'Adam Smith',
    email: 'adam@smith.example',
  });
  await stage.journeys.leadCreated(leadId, { occurredAt });
  await stage.journeys.paymentSucceeded(leadId, { occurredAt: paidAt, billingCustomerId });
  await stage.journeys.handle(leadId).result();
  // The index is late.
  await eventually(
    async () => (await stage.journeys.count({ leadIds: [leadId], includeClosed: true, stage: 'proven' })) === 1,
  );
}

/** Sets for how long the namespace keeps ended journeys. */
export async function keepFor(
  { server }: Pick<Stage, 'server'>,
  duration: '1 day' | '7 days' | '90 days',
): Promise<void> {
  const { connection, namespace } = server;
  const workflowExecutionRetentionTtl = protoDuration(duration);
  await connection.workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } });
}

/** A namespace without workers, with these search attributes. */
export async function emptyNamespace(
  { server }: Pick<Stage, 'server'>,
  attributes: readonly SearchAttribute[],
): Promise<string> {
  const namespace = `empty-${randomUUID().slice(0, 8)}`;
  const workflowExecutionRetentionPeriod = protoDuration('90 days');
  await server.connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  await ensureSearchAttributes(server.connection, namespace, attributes);
  return namespace;
}
