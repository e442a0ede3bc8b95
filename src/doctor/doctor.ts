import { Journeys } from '../journeys/index.js';
import type { ConnectedClient } from '../temporal/connect.js';
import { examineChartMogul } from './chartmogul.js';
import { examineJourneys, examineRecords } from './data.js';
import { readSettings, type Settings } from './environment.js';
import { Examination, type ExaminationOptions } from './examination.js';
import { type Check, type Finding, groups, skipped } from './findings.js';
import { examineGateway, operationsUrl } from './gateway.js';
import { examineStripe } from './stripe.js';
import { connect, examineTemporal } from './temporal.js';
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
    settings.stripe === undefined
      ? [
          skip(
            'stripe.endpoint',
            "Stripe's webhook",
            env.STRIPE_API_KEY ? 'its settings are invalid' : 'STRIPE_API_KEY is not set',
          ),
        ]
      : examineStripe(examination, settings.stripe),
    examineGatewayOf(examination, settings, gatewayUrl),
  ]);
  const order = (finding: Finding) => groups.findIndex((group) => finding.check.startsWith(`${group}.`));
  return all.flat().sort((one, other) => order(one) - order(other));
}

/** Temporal and ChartMogul, and what needs both. */
async function examineServers(
  examination: Examination,
  settings: Settings,
  env: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  const { temporal, worker } = settings;
  const chartMogul = worker ? examineChartMogul(examination, worker) : undefined;
  chartMogul?.catch(() => undefined); // awaited below
  const connected = temporal ? await connect(examination, { env, config: temporal }) : undefined;
  const { client, findings = [skip('temporal.connection', 'Temporal', 'its settings are invalid')] } = connected ?? {};
  try {
    const inTemporal = client ? await examineInTemporal(examination.of(client), client, settings, env) : undefined;
    const {
      facts,
      findings: account = [skip('chartmogul.key', 'ChartMogul', 'the settings of the worker are invalid')],
    } = (await chartMogul) ?? {};
    const ofJourneys = client ? examination.of(client) : examination;
    return [
      ...findings,
      ...account,
      ...(inTemporal?.findings ?? [
        skip('workers.polling', 'workers', noTemporal),
        skip('data.journeys', 'journeys', noTemporal),
      ]),
      ...(facts
        ? await examineRecords(ofJourneys, { facts, journeys: inTemporal?.journeys })
        : [skip('data.payers', 'records', 'ChartMogul is not reached')]),
    ];
  } finally {
    await client?.connection.close();
  }
}

/** The server, the workers and the journeys. Undefined journeys: they cannot be searched. */
async function examineInTemporal(
  examination: Examination,
  client: ConnectedClient,
  settings: Settings,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly findings: Finding[]; readonly journeys: Journeys | undefined }> {
  const { temporal: config, starter, worker } = settings;
  if (config === undefined) return { findings: [], journeys: undefined }; // there is no client without it
  const isVersioned = worker?.deployment !== undefined;
  if (starter === undefined) {
    const server = await examineTemporal(examination, { client, config, isVersioned });
    const because = 'JOURNEY_ACCOUNT is invalid';
    const rest = [skip('workers.polling', 'workers', because), skip('data.journeys', 'journeys', because)];
    return { findings: [...server, ...rest], journeys: undefined };
  }
  const [server, workers] = await Promise.all([
    examineTemporal(examination, { client, config, isVersioned }),
    examineWorkers(examination, {
      client,
      namespace: config.namespace,
      accounts: accountsOf(starter.account, settings),
      requestsPerSecond: env.CHARTMOGUL_REQUESTS_PER_SECOND ? worker?.requestsPerSecond : undefined,
    }),
  ]);
  const isSearchable = server.some(({ check, level }) => check === 'temporal.search-attributes' && level === 'ok');
  const journeys = isSearchable ? new Journeys({ client, account: starter.account }) : undefined;
  const ofJourneys = journeys
    ? await examineJourneys(examination, journeys)
    : [skip('data.journeys', 'journeys', 'their search attributes are not registered')];
  return { findings: [...server, ...workers, ...ofJourneys], journeys };
}

/** The own account, and those of the gateway's keys and webhook secrets. */
function accountsOf(own: string, { gateway }: Settings): [string, ...string[]] {
  const others = [...(gateway?.keys ?? []), ...(gateway?.stripe.secrets ?? []), ...(gateway?.chartMogulWebhooks ?? [])];
  return [own, ...new Set(others.map(({ account }) => account).filter((account) => account !== own))];
}

async function examineGatewayOf(
  examination: Examination,
  { gateway, starter }: Settings,
  given: string | undefined,
): Promise<readonly Finding[]> {
  const url = given ?? (gateway && operationsUrl(gateway));
  if (url === undefined)
    return [skip('gateway.ready', 'the gateway', 'none is configured here; --gateway URL names one')];
  return examineGateway(examination, { url: new URL(url).origin, config: gateway, account: starter?.account });
}

const noTemporal = 'Temporal is not reached';

function skip(check: Check, what: string, because: string): Finding {
  return { check, ...skipped(what, because) };
}
