import type { GatewayConfig } from '../gateway/config.js';
import { startWorkerCommand } from '../journeys/workers.js';
import type { Examination } from './examination.js';
import { ago, count, type Finding, failure, length, type Observation, ok, skipped, warning } from './findings.js';
import { type Series, seriesOf } from './series.js';

const dayMs = 86_400_000;

export interface GatewaySubject {
  /** The address of the gateway's `/readyz` and `/metrics`. */
  readonly url: string;
  /** If it is configured in this environment. */
  readonly config: GatewayConfig | undefined;
  readonly account: string | undefined;
}

/** The address for operators of the gateway that this environment configures. */
export function operationsUrl({ operations: { host, port } }: GatewayConfig): string {
  const reached = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}

export async function examineGateway(examination: Examination, subject: GatewaySubject): Promise<Finding[]> {
  const { url, config, account } = subject;
  const findings = await Promise.all([
    examination.check('gateway.ready', (signal) => readiness(url, signal)),
    examination.check('gateway.events', async (signal) => events(await metrics(url, signal))),
    examination.check('gateway.keys', async () => keys(config, account)),
  ]);
  return findings.flat();
}

async function readiness(base: string, signal: AbortSignal): Promise<Observation[]> {
  const answer = await ask(`${base}/readyz`, signal);
  if (answer === undefined) {
    return [
      failure(
        `no gateway answers at ${base}`,
        'customer-journey gateway; or pass --gateway with GATEWAY_OPERATIONS_HOST and _PORT of the one that runs',
      ),
    ];
  }
  const { status, reasons } = (await answer.json().catch(() => ({}))) as Readonly<Record<string, unknown>>;
  const isWorker = (await metrics(base, signal))?.some(({ name }) => name === 'customer_journey_cached_workflows');
  if (isWorker) return [failure(`${base} is the address for operators of a worker, not of a gateway`, addressFix)];
  if (status === 'ready') return [ok(`the gateway at ${base} is ready: a worker serves each account of its keys`)];
  if (!Array.isArray(reasons)) {
    const text = `${base} is not the address for operators of a gateway (its answer is ${answer.status})`;
    return [failure(text, addressFix)];
  }
  return reasons.map((reason) => failure(`the gateway is not ready: ${reason}`, remedyOf(String(reason))));
}

const addressFix = 'pass the address of GATEWAY_OPERATIONS_HOST and _PORT, for example --gateway http://127.0.0.1:9464';

function remedyOf(reason: string): string {
  const [, account] = /no worker polls .*?chartmogul\/([a-z0-9-]+)/.exec(reason) ?? [];
  if (account !== undefined) return startWorkerCommand(account);
  if (/only other workers poll it$/.test(reason))
    return 'start workers of that version, or make another one current (docs/operations.md)';
  return /polls/.test(reason) ? 'customer-journey worker' : 'see the log of the gateway';
}

/** @throws Error without a gateway, which another check reports */
async function metrics(base: string, signal: AbortSignal): Promise<Series[] | undefined> {
  const answer = await ask(`${base}/metrics`, signal);
  return answer?.status === 200 ? seriesOf(await answer.text()) : undefined;
}

/** When each source last sent an event, and what was refused since the start of the gateway. */
function events(series: readonly Series[] | undefined): Observation[] {
  if (series === undefined) return [skipped('events', 'the gateway shows no metrics')];
  const named = (name: string) => series.filter((one) => one.name === `customer_journey_${name}`);
  const last = named('last_event_timestamp_seconds');
  const refused = named('webhook_refusals_total').filter(({ value }) => value > 0);
  const requests = named('http_request_duration_seconds_count').filter(
    ({ labels, value }) => labels.route === '/v1/events' && /^4/.test(labels.status ?? '') && value > 0,
  );
  const startedAt = (series.find(({ name }) => name === 'process_start_time_seconds')?.value ?? 0) * 1000;
  return [
    ...last.map(({ labels, value }) => ok(`${nameOf(labels.source)} last sent an event ${ago(value * 1000)}`)),
    ...(last.length + requests.length > 0 ? [] : [none(startedAt)]),
    ...requests.map((one) =>
      refusedRequest(
        one,
        last.some(({ labels }) => labels.source === 'api'),
      ),
    ),
    ...refused.map((one) =>
      refusal(
        one,
        last.some(({ labels }) => labels.source === one.labels.source),
      ),
    ),
  ];
}

function none(startedAt: number): Observation {
  const upFor = startedAt === 0 ? 0 : Date.now() - startedAt;
  const text = 'no application and no billing system has sent an event since the gateway started';
  return upFor < dayMs
    ? ok(text)
    : warning(
        `${text}, ${length(upFor)} ago`,
        "see the address and the key of the application, and Stripe's list of deliveries",
      );
}

function refusedRequest({ labels: { status }, value }: Series, isAnyAccepted: boolean): Observation {
  const text = `the gateway has refused ${count(value, 'request')} with events since it started (${status})`;
  const fix =
    status === '401' || status === '403'
      ? 'give the application a key of GATEWAY_KEYS with the scope ingest: customer-journey key'
      : 'see what the gateway answers to the application: it names each wrong field';
  // Anybody can send a request without a key.
  return isAnyAccepted || status === '401'
    ? warning(text, fix)
    : failure(`${text}; it has accepted none of an application`, fix);
}

function refusal({ labels, value }: Series, isAnyAccepted: boolean): Observation {
  const deliveries = value === 1 ? '1 webhook delivery' : `${value} webhook deliveries`;
  const text = `the gateway has refused ${deliveries} of ${nameOf(labels.source)} since it started: ${labels.reason}`;
  const fix =
    labels.reason === 'old-timestamp'
      ? 'synchronize the clock of the gateway (NTP)'
      : labels.source === 'stripe'
        ? "set STRIPE_WEBHOOK_SECRETS to the endpoint's signing secret, one for each mode (docs/billing.md)"
        : 'set the secret of the webhook URL in ChartMogul and CHARTMOGUL_WEBHOOK_SECRETS to the same value';
  return isAnyAccepted ? warning(text, fix) : failure(`${text}; it has accepted none`, fix);
}

const names: Readonly<Record<string, string>> = { api: 'an application', stripe: 'Stripe', chartmogul: 'ChartMogul' };

function nameOf(source: string | undefined): string {
  return names[source ?? ''] ?? source ?? 'an unknown source';
}

function keys(config: GatewayConfig | undefined, account: string | undefined): Observation {
  if (config?.keys === undefined || account === undefined) return skipped('its keys', 'GATEWAY_KEYS is not set here');
  const accepts = [...config.keys, ...config.stripe.secrets].some((entry) => entry.account === account);
  return accepts
    ? ok(`the gateway accepts events for the account ${account}`)
    : failure(
        `no key and no webhook secret of the gateway is for the account ${account}`,
        `customer-journey key --account ${account}`,
      );
}

/** Undefined if nothing answers. */
async function ask(url: string, signal: AbortSignal): Promise<Response | undefined> {
  try {
    return await fetch(url, { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TypeError) return undefined; // as fetch reports a failed connection
    throw error;
  }
}
