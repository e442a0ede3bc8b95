import { starterConfig } from '../runtime/config.js';
import { isLoopback, temporalConfig } from './settings.js';

/** The Web UI's URL of a journey, or undefined if it is unknown. */
export type JourneyUrls = (journey: JourneyReference) => string | undefined;
type JourneyReference = { readonly workflowId: string; readonly runId: string };

/**
 * The URLs of journeys in Temporal's Web UI. The base is `TEMPORAL_UI_URL`, else derived from Temporal's address. Reads
 * the settings once, possibly from a file.
 */
export function journeyUrls(env: NodeJS.ProcessEnv): JourneyUrls {
  const workflows = workflowsUrl(env);
  if (workflows === undefined) return () => undefined;
  return ({ workflowId, runId }) => `${workflows}/${encodeURIComponent(workflowId)}/${encodeURIComponent(runId)}`;
}

/** The URL of one journey; see {@link journeyUrls}. */
export function journeyUrl(env: NodeJS.ProcessEnv, journey: JourneyReference): string | undefined {
  return journeyUrls(env)(journey);
}

/** The Web UI's URL of a list of workflows, or undefined if it is unknown. @param query a Temporal list filter */
export function listUrl(env: NodeJS.ProcessEnv, query: string): string | undefined {
  const workflows = workflowsUrl(env);
  // Terminals end a link at a quote.
  return workflows && `${workflows}?query=${encodeURIComponent(query).replaceAll("'", '%27')}`;
}

function workflowsUrl(env: NodeJS.ProcessEnv): string | undefined {
  const { connectionOptions, namespace } = temporalConfig({ env });
  const base = (starterConfig(env).uiUrl ?? guessedUi(connectionOptions.address))?.replace(/\/+$/, '');
  return base && `${base}/namespaces/${encodeURIComponent(namespace)}/workflows`;
}

function guessedUi(address: string): string | undefined {
  const [, host = '', port] = /^(.*):(\d+)$/.exec(address) ?? [];
  // The port that `temporal server start-dev` chooses for its Web UI.
  const uiPort = Number(port) + 1000;
  if (isLoopback(address)) return uiPort > 65_535 ? undefined : `http://localhost:${uiPort}`;
  // The namespace endpoint, and the regional endpoints for API keys.
  if (/\.(tmprl\.cloud|api\.temporal\.io)$/.test(host)) return 'https://cloud.temporal.io';
  return undefined;
}
