import { starterConfig } from '../runtime/config.js';
import { temporalConfig } from './connect.js';

/** Where a journey is shown, or undefined where that cannot be known. */
export type JourneyUrls = (journey: JourneyReference) => string | undefined;
type JourneyReference = { readonly workflowId: string; readonly runId: string };

/**
 * The addresses of journeys in Temporal's Web UI: below `TEMPORAL_UI_URL`, else below what belongs to the address of
 * Temporal. Reads the settings once, which may mean a file.
 */
export function journeyUrls(env: NodeJS.ProcessEnv): JourneyUrls {
  const { connectionOptions, namespace } = temporalConfig({ env });
  const base = (starterConfig(env).uiUrl ?? guessedUi(connectionOptions.address))?.replace(/\/+$/, '');
  if (base === undefined) return () => undefined;
  return ({ workflowId, runId }) =>
    `${base}/namespaces/${[namespace, 'workflows', workflowId, runId].map(encodeURIComponent).join('/')}`;
}

/** The address of one journey, as {@link journeyUrls}. */
export function journeyUrl(env: NodeJS.ProcessEnv, journey: JourneyReference): string | undefined {
  return journeyUrls(env)(journey);
}

function guessedUi(address: string): string | undefined {
  const host = address.replace(/:\d+$/, '');
  if (/^(localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0)$/.test(host)) return 'http://localhost:8233';
  // A namespace's own address, and the regional ones that API keys are used with.
  if (/\.(tmprl\.cloud|api\.temporal\.io)$/.test(host)) return 'https://cloud.temporal.io';
  return undefined;
}
