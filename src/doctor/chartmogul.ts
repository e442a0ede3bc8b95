import { AccountReader, type NewBusiness } from '../chartmogul/account-reader.js';
import { RequestPace } from '../chartmogul/request-pace.js';
import type { DataSource } from '../chartmogul/types.js';
import type { WorkerConfig } from '../runtime/config.js';
import { clockOf } from './clock.js';
import type { Examination } from './examination.js';
import { ago, type Finding, failure, type Observation, ok, skipped, warning } from './findings.js';

/** The rest of ChartMogul's 40 a second is for the workers. */
const requestsPerSecond = 10;
const answerWithinMs = 8_000;

/** What was found out about the account, for the checks of its data. */
export interface AccountFacts {
  readonly reader: AccountReader;
  /** Undefined: there is no such source yet. */
  readonly leads: DataSource | undefined;
  /** By alias; undefined is the first source. */
  readonly billing: readonly (readonly [alias: string | undefined, source: DataSource])[];
  /** Newest first. */
  readonly newBusiness: readonly NewBusiness[];
}

export interface ChartMogulExamined {
  readonly findings: readonly Finding[];
  /** Undefined: ChartMogul did not answer. */
  readonly facts: AccountFacts | undefined;
}

/** Examines the key, the account and the data sources. */
export async function examineChartMogul(
  examination: Examination,
  { chartMogul, sources }: Pick<WorkerConfig, 'chartMogul' | 'sources'>,
): Promise<ChartMogulExamined> {
  let skewMs: number | undefined;
  const reader = new AccountReader({
    ...chartMogul,
    timeoutMs: Math.min(chartMogul.timeoutMs, answerWithinMs),
    pace: new RequestPace(requestsPerSecond),
    onServerTime: (ms) => {
      skewMs = ms + 500 - Date.now(); // the header has whole seconds
    },
  });
  let known: readonly DataSource[] | undefined;
  const key = await examination.check('chartmogul.key', async (signal) => {
    known = await reader.listDataSources(signal);
    return ok(`${hostOf(chartMogul.url)} accepts the API key`);
  });
  if (known === undefined) {
    const rest = skipped('the account and its data sources', 'ChartMogul does not answer the key');
    return { findings: [...key, { check: 'chartmogul.account', ...rest }], facts: undefined };
  }
  const dataSources = known;
  const found = (name: string) => dataSources.find((source) => source.uuid === name || source.name === name);
  const billingNames = [[undefined, sources.billing], ...Object.entries(sources.furtherBilling ?? {})] as const;
  const leads = found(sources.leads);
  let newBusiness: readonly NewBusiness[] = [];
  const findings = await Promise.all([
    examination.check('chartmogul.access', async (signal) => access(await reader.mayWrite(signal))),
    examination.check('chartmogul.account', async (signal) => account(reader, signal)),
    examination.check('chartmogul.leads-source', async () => leadsSource(leads, sources.leads, found(sources.billing))),
    examination.check('chartmogul.billing-source', async (signal) => {
      newBusiness = await reader.listNewBusiness(signal);
      return Promise.all(
        billingNames.map(([, name]) =>
          billingSource({ name, source: found(name), dataSources, newBusiness, reader, signal }),
        ),
      );
    }),
  ]);
  const clock = await examination.check('chartmogul.clock', async () =>
    skewMs === undefined ? skipped('the clock', 'the answers have no Date header') : clockOf('ChartMogul', skewMs),
  );
  const billing = billingNames.flatMap(([alias, name]) => {
    const source = found(name);
    return source ? [[alias, source] as const] : [];
  });
  return { findings: [...key, ...findings.flat(), ...clock], facts: { reader, leads, billing, newBusiness } };
}

/** The host, and that it is not ChartMogul's: charts are elsewhere then. */
function hostOf(url: string): string {
  const { host } = new URL(url);
  return host === 'api.chartmogul.com' ? host : `${host} (CHARTMOGUL_URL: not ChartMogul, but a sandbox or a proxy)`;
}

function access(mayWrite: boolean): Observation {
  return mayWrite
    ? ok('the API key may write')
    : failure(
        'the API key may only read: no lead is created, no date is written',
        'create a key with read and write access in ChartMogul, and set CHARTMOGUL_API_KEY',
      );
}

async function account(reader: AccountReader, signal: AbortSignal): Promise<Observation> {
  const { name, currency, time_zone: zone, week_start_on: week } = await reader.retrieveAccount(signal);
  const weeks = week ? `, weeks start on ${week}` : '';
  const days = /^(etc\/)?(utc|gmt)$/i.test(zone)
    ? ''
    : '; dates near midnight UTC are shown on the day before or after';
  return ok(`the account is ${name}: ${currency}, time zone ${zone}${weeks}${days}`);
}

/** What ChartMogul has called the sources that were created through its API: `Import API` until 2025. */
const customSystem = /^(custom|import api)$/i;

function leadsSource(source: DataSource | undefined, name: string, billing: DataSource | undefined): Observation {
  if (source === undefined) {
    return name.startsWith('ds_')
      ? failure(
          `the leads source ${name} does not exist`,
          'set LEADS_SOURCE to the name of a source; a missing one is created',
        )
      : ok(`the leads source ${name} does not exist yet: the worker creates it`);
  }
  const { system } = source;
  if (system !== undefined && !customSystem.test(system)) {
    return failure(
      `the leads source ${source.name} belongs to the integration ${system}, which imports its own customers`,
      'set LEADS_SOURCE to a source of its own, for example LEADS_SOURCE=Leads: the worker creates it',
    );
  }
  const shared = source.uuid === billing?.uuid ? ', also for billing: journeys write dates and merge nothing' : '';
  return ok(`leads go to ${source.name}, a custom source${shared}`);
}

interface BillingSource {
  readonly name: string;
  readonly source: DataSource | undefined;
  readonly dataSources: readonly DataSource[];
  readonly newBusiness: readonly NewBusiness[];
  readonly reader: AccountReader;
  readonly signal: AbortSignal;
}

async function billingSource(subject: BillingSource): Promise<Observation> {
  const { name, source, dataSources, newBusiness, reader, signal } = subject;
  if (source === undefined) {
    const names = dataSources.map((known) => known.name).join(', ') || 'none';
    return failure(
      `the billing source ${name} does not exist; the account has ${names}`,
      'set BILLING_SOURCE to one of them',
    );
  }
  const [last] = newBusiness.filter(({ dataSourceUuid }) => dataSourceUuid === source.uuid);
  if (last !== undefined) {
    return ok(
      `${source.name} brought its last new subscriber in on ${last.date.slice(0, 10)} (${ago(Date.parse(last.date))})`,
    );
  }
  const connect = `see in ChartMogul, under Data Platform, whether ${source.name} imports customers`;
  const { entries } = await reader.listCustomers(source.uuid, { perPage: 1 }, signal);
  if (entries.length === 0) return warning(`${source.name} has never brought a customer in`, connect);
  return newBusiness.length < mostListed
    ? warning(`${source.name} has customers, but none has ever paid`, connect)
    : warning(`none of the newest ${mostListed} subscribers of the account is from ${source.name}`, connect);
}

/** As many as `listNewBusiness` returns. */
const mostListed = 200;
