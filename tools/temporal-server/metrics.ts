import { setTimeout as sleep } from 'node:timers/promises';

/** The counter lags behind the call that it counts; after this long without a change nothing more is on its way. */
const quietMs = 2000;

/** A count of Temporal Actions, the unit that Temporal Cloud bills, by the server's own `action_type`. */
export type Actions = Record<string, number>;

/** Switching time skipping on and off is what a test does to a journey, not what the journey costs. */
const notBilled = new Set(['grpc_UpdateWorkflowExecutionOptions']);

/**
 * Reads how many Actions a server has counted so far, over all workflows, once the count has stood still for 2 s. What
 * one journey costs is the {@link actionsSince difference} of two readings with nothing else going on.
 *
 * @param metricsUrl as in `EmbeddedServer`
 * @param namespace counts only what happened there; default: in all of them
 */
export async function countedActions(metricsUrl: string, namespace?: string): Promise<Actions> {
  let counted = await readActions(metricsUrl, namespace);
  let since = Date.now();
  while (Date.now() - since < quietMs) {
    await sleep(100);
    const again = await readActions(metricsUrl, namespace);
    if (JSON.stringify(again) !== JSON.stringify(counted)) since = Date.now();
    counted = again;
  }
  return counted;
}

/** What was counted between two readings, without what stayed the same. */
export function actionsSince(before: Actions, after: Actions): Actions {
  const differences = Object.entries(after).map(([type, count]) => [type, count - (before[type] ?? 0)] as const);
  return Object.fromEntries(differences.filter(([, count]) => count !== 0));
}

export function totalActions(actions: Actions): number {
  return Object.values(actions).reduce((total, count) => total + count, 0);
}

async function readActions(metricsUrl: string, namespace?: string): Promise<Actions> {
  const response = await fetch(metricsUrl);
  if (!response.ok) throw new Error(`${metricsUrl} answered ${response.status}`);
  const actions: Actions = {};
  for (const [, labels = '', value] of (await response.text()).matchAll(/^action\{(.*)\} (\S+)$/gm)) {
    if (namespace !== undefined && !labels.includes(`namespace="${namespace.replaceAll('-', '_')}"`)) continue;
    const type = /action_type="([^"]*)"/.exec(labels)?.[1];
    if (type !== undefined && !notBilled.has(type)) actions[type] = (actions[type] ?? 0) + Number(value);
  }
  return actions;
}
