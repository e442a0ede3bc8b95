import { Journeys } from '../journeys/index.js';
import type { ConnectedClient } from '../temporal/connect.js';
import { type ChartMogulExamined, examineChartMogul } from './chartmogul.js';
import { examineJourneys, examineRecords } from './data.js';
import { readSettings, type Settings } from './environment.js';
import { Examination, type ExaminationOptions } from './examination.js';
import { type Check, type Finding, groups, skipped } from './findings.js';
import { examineGateway, operationsUrl } from './gateway.js';
import { examineStripe } from './stripe.js';
import { type Connected, connect, examineTemporal } from './temporal.js';
import { examineWorkers } from './workers.js';

export interface DoctorOptions extends ExaminationOptions {
  readonly env: NodeJS.ProcessEnv;
  /** The address for operators of a gateway. Default: that of the gateway which the environment configures, if any. */
  readonly gatewayUrl?: string | undefined;
}

/**
 * Finds every reason why charts stay empty: examines the environment, Temporal, the workers, ChartMogul, Stripe and the
 * gateway, and a sample of the records. Changes nothing. A check that cannot run says which one must be repaired first.
 *
 * @returns the findings, by group. @throws the reason of the signal
 */
export async function examine({ env, gatewayUrl, ...options }: DoctorOptions): Promise<Finding[]> {
  const examination = new Examination(options);
  const { settings, findings } = readSettings(env);
  const all = await Promise.all([
    findings,
    examineServers(examination, settings, env),
    examineStripeOf(examination, settings),
    examineGatewayOf(examination, settings, gatewayUrl),
  ]);
  const order = (finding: Finding) => groups.findIndex((group) => finding.check.startsWith(`${group}.`));
  return all.flat().sort((one, other) => order(one) - order(other));
}

/** Temporal and ChartMogul, and then the records, which need both. */
async function examineServers(
  examination: Examination,
  settings: Settings,
  env: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  const examiningAccount = examineAccount(examination, settings);
  examiningAccount.catch(() => undefined); // awaited below
  const { client, findings } = await connectOf(examination, settings, env);
  try {
    const inTemporal = await examineInTemporal(examination, client, settings);
    const account = await examiningAccount;
    const calling = client ? examination.of(client) : examination;
    const records = await examineRecordsOf(calling, account, inTemporal.journeys);
    return [...findings, ...inTemporal.findings, ...account.findings, ...records];
  } finally {
    await client?.connection.close();
  }
}

async function examineAccount(examination: Examination, { worker }: Settings): Promise<ChartMogulExamined> {
  if (worker !== undefined) return examineChartMogul(examination, worker);
  return {
    findings: [skip('chartmogul.key', 'ChartMogul', 'the settings of the worker are invalid')],
    facts: undefined,
  };
}

async function examineRecordsOf(
  examination: Examination,
  { facts }: ChartMogulExamined,
  journeys: Journeys | undefined,
): Promise<Finding[]> {
  if (facts === undefined) return [skip('data.payers', 'records', 'ChartMogul is not reached')];
  if (facts.billing.length === 0) return [skip('data.payers', 'records', 'the billing source does not exist')];
  return examineRecords(examination, { facts, journeys });
}

async function connectOf(examination: Examination, { temporal }: Settings, env: NodeJS.ProcessEnv): Promise<Connected> {
  if (temporal !== undefined) return connect(examination, { env, config: temporal });
  return { client: undefined, findings: [skip('temporal.connection', 'Temporal', 'its settings are invalid')] };
}

/** The server, the workers and the journeys. Undefined journeys: they cannot be searched. */
async function examineInTemporal(
  examination: Examination,
  client: ConnectedClient | undefined,
  settings: Settings,
): Promise<{ readonly findings: readonly Finding[]; readonly journeys: Journeys | undefined }> {
  const { temporal: config, starter, worker, requestsPerSecond } = settings;
  const skipBoth = (because: string) => [
    skip('workers.polling', 'workers', because),
    skip('data.journeys', 'journeys', because),
  ];
  if (client === undefined || config === undefined) {
    return { findings: skipBoth('Temporal is not reached'), journeys: undefined };
  }
  const calling = examination.of(client);
  const examiningServer = examineTemporal(calling, { client, config, isVersioned: worker?.deployment !== undefined });
  if (starter === undefined) {
    return { findings: [...(await examiningServer), ...skipBoth('JOURNEY_ACCOUNT is invalid')], journeys: undefined };
  }
  const accounts = accountsOf(starter.account, settings);
  const [server, workers] = await Promise.all([
    examiningServer,
    examineWorkers(calling, { client, namespace: config.namespace, accounts, requestsPerSecond }),
  ]);
  const isSearchable = server.some(({ check, level }) => check === 'temporal.search-attributes' && level === 'ok');
  const journeys = isSearchable ? new Journeys({ client, account: starter.account }) : undefined;
  const ofJourneys = journeys
    ? await examineJourneys(calling, journeys)
    : [skip('data.journeys', 'journeys', 'their search attributes are not registered')];
  return { findings: [...server, ...workers, ...ofJourneys], journeys };
}

/** The own account, and those of the gateway's keys and webhook secrets. */
function accountsOf(own: string, { gateway }: Settings): [string, ...string[]] {
  const others = [...(gateway?.keys ?? []), ...(gateway?.stripe.secrets ?? []), ...(gateway?.chartMogulWebhooks ?? [])];
  return [own, ...new Set(others.map(({ account }) => account).filter((account) => account !== own))];
}

async function examineStripeOf(examination: Examination, { stripe, isStripeSet }: Settings): Promise<Finding[]> {
  if (stripe !== undefined) return examineStripe(examination, stripe);
  const because = isStripeSet ? 'its settings are invalid' : 'STRIPE_API_KEY is not set';
  return [skip('stripe.endpoint', "Stripe's webhook", because)];
}

async function examineGatewayOf(
  examination: Examination,
  { gateway, starter }: Settings,
  given: string | undefined,
): Promise<Finding[]> {
  const url = given ?? (gateway && operationsUrl(gateway));
  if (url === undefined) {
    return [skip('gateway.ready', 'the gateway', 'none is configured here; --gateway URL names one')];
  }
  return examineGateway(examination, { url: new URL(url).origin, config: gateway, account: starter?.account });
}

function skip(check: Check, what: string, because: string): Finding {
  return { check, ...skipped(what, because) };
}
