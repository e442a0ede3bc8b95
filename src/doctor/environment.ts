import { type GatewayConfig, gatewayConfig } from '../gateway/config.js';
import {
  ConfigError,
  type Environment,
  type StarterConfig,
  type StripeSweepConfig,
  starterConfig,
  type WorkerProcessConfig,
  workerConfig,
} from '../runtime/config.js';
import { stripeSweepConfig } from '../runtime/stripe-config.js';
import { unknownSettings } from '../runtime/unknown-settings.js';
import { TemporalConfigError } from '../temporal/errors.js';
import { type TemporalConfig, temporalConfig } from '../temporal/settings.js';
import { explained } from './examination.js';
import { type Finding, failure, ok, warning } from './findings.js';

/** The settings of all programs. Undefined: they are invalid, or, for Stripe and the gateway, not set here. */
export interface Settings {
  readonly worker: WorkerProcessConfig | undefined;
  readonly starter: StarterConfig | undefined;
  readonly temporal: TemporalConfig | undefined;
  readonly stripe: StripeSweepConfig | undefined;
  readonly gateway: GatewayConfig | undefined;
  /** Whether `STRIPE_API_KEY` is set, validly or not. */
  readonly isStripeSet: boolean;
  /** The rate that the environment sets for workers. Undefined: it sets none. */
  readonly requestsPerSecond: number | undefined;
}

/** Reads the environment of every program that it configures, and finds all problems at once. */
export function readSettings(env: NodeJS.ProcessEnv): {
  readonly settings: Settings;
  readonly findings: readonly Finding[];
} {
  const problems = new Set<string>();
  const isGatewayHere = Boolean(env.GATEWAY_KEYS || env.STRIPE_WEBHOOK_SECRETS || env.CHARTMOGUL_WEBHOOK_SECRETS);
  const worker = read(workerConfig, env, problems);
  const settings: Settings = {
    worker,
    starter: read(starterConfig, env, problems),
    stripe: env.STRIPE_API_KEY ? read(stripeSweepConfig, env, problems) : undefined,
    gateway: isGatewayHere ? read(gatewayConfig, env, problems) : undefined,
    temporal: undefined,
    isStripeSet: Boolean(env.STRIPE_API_KEY),
    requestsPerSecond: env.CHARTMOGUL_REQUESTS_PER_SECOND ? worker?.requestsPerSecond : undefined,
  };
  const failures: Finding[] = [...problems].map((problem) => ({
    check: 'environment.settings',
    ...failure(problem, remedyOf(problem)),
  }));
  const unknown: Finding[] = unknownSettings(env).map(({ text, fix }) => ({
    check: 'environment.unknown',
    ...warning(text, fix),
  }));
  try {
    const temporal = temporalConfig({ env });
    const programs = `worker and command line${isGatewayHere ? ', gateway' : ''}${settings.stripe ? ', sweep' : ''}`;
    const valid: Finding = { check: 'environment.settings', ...ok(`the settings are valid (${programs})`) };
    return {
      settings: { ...settings, temporal },
      findings: [...(failures.length > 0 ? failures : [valid]), ...unknown],
    };
  } catch (error) {
    if (!(error instanceof TemporalConfigError)) throw error;
    return { settings, findings: [...failures, { check: 'environment.temporal', ...explained(error) }, ...unknown] };
  }
}

/** Nothing may replace what these name: another account would be examined. */
const naming = /^(JOURNEY_ACCOUNT|CHARTMOGUL_API_KEY|CHARTMOGUL_URL|LEADS_SOURCE|BILLING_SOURCE|STRIPE_API_)/;

/** Adds every problem. Other invalid settings count as unset, so that as much as possible is examined. */
function read<Config>(
  parse: (env: Environment) => Config,
  env: NodeJS.ProcessEnv,
  problems: Set<string>,
): Config | undefined {
  try {
    return parse(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [, ...lines] = error.message.split('\n').map((line) => line.trim());
    const known = new Set([...problems].map(nameIn));
    for (const line of lines) if (!known.has(nameIn(line))) problems.add(line);
    const names = new Set(lines.map(nameIn));
    if ([...names].some((name) => naming.test(name) || env[name] === undefined)) return undefined;
    const rest = Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name)));
    return read(parse, rest, problems);
  }
}

/** The setting that a problem names first. */
function nameIn(problem: string): string {
  return problem.split(' ')[0] ?? '';
}

function remedyOf(problem: string): string {
  if (problem.startsWith('CHARTMOGUL_API_KEY')) {
    return 'create a key with read and write access in ChartMogul, and set CHARTMOGUL_API_KEY';
  }
  if (problem.startsWith('GATEWAY_KEYS')) return 'customer-journey key prints an entry for GATEWAY_KEYS';
  if (/^(GATEWAY_|STRIPE_WEBHOOK|STRIPE_CONNECTED|STRIPE_SIGNATURE|CHARTMOGUL_WEBHOOK)/.test(problem)) {
    return 'docs/gateway.md lists the settings of the gateway';
  }
  return problem.startsWith('STRIPE_')
    ? 'customer-journey stripe sweep --help lists the settings of a sweep'
    : 'customer-journey worker --help lists the settings of a worker';
}
