import { starterConfig } from '../config.js';
import { temporalConfig } from '../temporal/connect.js';

/**
 * The address of one journey in Temporal's Web UI: below `TEMPORAL_UI_URL`, else below what belongs to the address of
 * Temporal. Undefined where that cannot be known.
 */
export function journeyUrl(
  env: NodeJS.ProcessEnv,
  { workflowId, runId }: { readonly workflowId: string; readonly runId: string },
): string | undefined {
  const { connectionOptions, namespace } = temporalConfig({ env });
  const base = starterConfig(env).uiUrl ?? guessedUi(connectionOptions.address);
  if (base === undefined) return undefined;
  const path = [namespace, 'workflows', workflowId, runId].map(encodeURIComponent).join('/');
  return `${base.replace(/\/+$/, '')}/namespaces/${path}`;
}

function guessedUi(address: string): string | undefined {
  const host = address.replace(/:\d+$/, '');
  if (/^(localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0)$/.test(host)) return 'http://localhost:8233';
  // A namespace's own address, and the regional ones that API keys are used with.
  if (/\.(tmprl\.cloud|api\.temporal\.io)$/.test(host)) return 'https://cloud.temporal.io';
  return undefined;
}
