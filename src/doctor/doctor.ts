import { Journeys } from '../journeys/index.js';
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
  const [temporal, chartMogul] = await Promise.all([
    settings.temporal ? connect(examination, { env, config: settings.temporal }) : undefined,
    settings.worker ? examineChartMogul(examination, settings.worker) : undefined,
  ]);
  const { client, findings = [skip('temporal.connection', 'Temporal', 'its settings are invalid')] } = temporal ?? {};
  const {
    facts,
    findings: account = [skip('chartmogul.key', 'ChartMogul', 'the settings of the worker are invalid')],
  } = chartMogul ?? {};
  try {
    const journeys =
      client && settings.starter ? new Journeys({ client, account: settings.starter.account }) : undefined;
    const records = facts
      ? examineRecords(examination, { facts, journeys })
      : [skip('data.payers', 'records', 'ChartMogul is not reached')];
    return [
      findings,
      account,
      ...(await Promise.all([
        client && settings.temporal
          ? examineTemporal(examination, {
              client,
              config: settings.temporal,
              isVersioned: settings.worker?.deployment !== undefined,
            })
          : [],
        client && settings.temporal && settings.starter
          ? examineWorkers(examination, {
              client,
              namespace: settings.temporal.namespace,
              accounts: accountsOf(settings.starter.account, settings),
              requestsPerSecond: env.CHARTMOGUL_REQUESTS_PER_SECOND ? settings.worker?.requestsPerSecond : undefined,
            })
          : [skip('workers.polling', 'workers', noTemporal)],
        journeys ? examineJourneys(examination, journeys) : [skip('data.journeys', 'journeys', noTemporal)],
        records,
      ])),
    ].flat();
  } finally {
    await client?.connection.close();
  }
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
  return examineGateway(examination, { url: url.replace(/\/+$/, ''), config: gateway, account: starter?.account });
}

const noTemporal = 'Temporal is not reached, or JOURNEY_ACCOUNT is invalid';

function skip(check: Check, what: string, because: string): Finding {
  return { check, ...skipped(what, because) };
}
