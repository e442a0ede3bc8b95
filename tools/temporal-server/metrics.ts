import { setTimeout as sleep } from 'node:timers/promises';

/** The counter lags behind the calls; after this long without a change it is complete. */
const quietMs = 2000;
/** A reading of the server's metrics costs it and the reader tens of milliseconds of processor time. */
const readEveryMs = 500;

/** A count of Temporal Actions, the unit that Temporal Cloud bills, by the server's own `action_type`. */
export type Actions = Record<string, number>;

/** Time skipping is part of the test, not of the journey's cost. */
const notBilled = new Set(['grpc_UpdateWorkflowExecutionOptions']);

/**
 * Reads a server's Action count over all workflows, after the count has not changed for 2 s. The cost of one journey is
 * the {@link actionsSince difference} of two readings without other activity.
 *
 * @param metricsUrl as in `EmbeddedServer`
 * @param namespace counts only this namespace; default: all
 */
export async function countedActions(metricsUrl: string, namespace?: string): Promise<Actions> {
  let counted = await readActions(metricsUrl, namespace);
  let since = Date.now();
  while (Date.now() - since < quietMs) {
    await sleep(readEveryMs);
    const again = await readActions(metricsUrl, namespace);
    if (JSON.stringify(again) !== JSON.stringify(counted)) since = Date.now();
    counted = again;
  }
  return counted;
}

/** The increase between two readings, without unchanged counts. */
export function actionsSince(before: Actions, after: Actions): Actions {
  const differences = Object.entries(after).map(([type, count]) => [type, count - (before[type] ?? 0)] as const);
  return Object.fromEntries(differences.filter(([, count]) => count !== 0));
}

export function totalActions(actions: Actions): number {
  return Object.values(actions).reduce((total, count) => total + count, 0);
}

async function readActions(metricsUrl: string, namespace?: string): Promise<Actions> {
  const response = await fetch(metricsUrl, { headers: { 'accept-encoding': 'identity' } });
  if (!response.ok) throw new Error(`${metricsUrl} answered ${response.status}`);
  const actions: Actions = {};
  for (const [, labels = '', value] of (await response.text()).matchAll(/^action\{(.*)\} (\S+)$/gm)) {
    if (namespace !== undefined && !labels.includes(`namespace="${namespace.replaceAll('-', '_')}"`)) continue;
    const type = /action_type="([^"]*)"/.exec(labels)?.[1];
    if (type !== undefined && !notBilled.has(type)) actions[type] = (actions[type] ?? 0) + Number(value);
  }
  return actions;
}
