import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultSettings } from '../../packages/chartmogul-sandbox/src/index.js';
import type { Random } from './random.js';
import { type Stack, type Target, targets } from './stack.js';

export interface Kill {
  readonly target: Target;
  /** Requests that were on their way to ChartMogul, and reports on their way to Temporal. */
  readonly inFlight: number;
}

/** How long one kill waits for a moment in which there is something to break. */
const waitForWorkMs = 3_000;

/**
 * Kills a random process again and again, if it can in the middle of its work, and starts it again a moment later.
 *
 * @param reportsUnderWay calls of the starter that are not answered yet: the server's work.
 */
export async function killProcesses(
  stack: Stack,
  random: Random,
  { until, reportsUnderWay }: { readonly until: number; readonly reportsUnderWay: () => number },
): Promise<Kill[]> {
  const kills: Kill[] = [];
  const restarts = new Set<Promise<unknown>>();
  const inFlight = (target: Target) => stack.requestsUnderWay(target) + (target === 'server' ? reportsUnderWay() : 0);

  let next: Target[] = [];
  while (Date.now() < until) {
    await sleep(random.whole(2_000, 5_000));
    if (next.length === 0) next = random.shuffled(targets); // everybody's turn, also in a short drill
    const target = next.pop() ?? 'server';
    const deadline = Math.min(until, Date.now() + waitForWorkMs);
    while (stack.isRunning(target) && inFlight(target) === 0 && Date.now() < deadline) await sleep(2);
    if (!stack.isRunning(target)) continue;

    kills.push({ target, inFlight: inFlight(target) });
    await stack.kill(target);
    const pause = random.whole(0, 1_500);
    const restart = sleep(pause).then(() => stack.start(target));
    restarts.add(restart);
    restart.finally(() => restarts.delete(restart)).catch(() => undefined); // told below
  }
  await Promise.all(restarts);
  for (const target of targets) if (!stack.isRunning(target)) await stack.start(target);
  return kills;
}

const sourcesRoute = 'GET /v1/data_sources';

/** The routes that a journey uses. */
export const journeyRoutes = [
  'POST /v1/customers',
  'GET /v1/customers',
  'PATCH /v1/customers/:uuid',
  'POST /v1/customers/merges',
  'GET /v1/customers/:uuid',
] as const;

/** And the one that a worker asks when it starts. */
const routes = [...journeyRoutes, sourcesRoute];

/** How often a route is left alone for a moment. */
const calm: Readonly<Record<string, number>> = {
  // A worker that starts into such a fault tries again for seconds, and sends nothing meanwhile.
  [sourcesRoute]: 0.9,
  // Each failed look costs a journey a minute: with a fault at every one hardly any would get to its merge.
  'GET /v1/customers': 0.8,
};

type Kind = `${number}` | 'reset' | 'timeout' | 'drop_answer' | 'garbage';

/** Final answers are rare: each costs an operator's retry, or an hour. */
const kinds: Record<Kind, number> = {
  ...{ drop_answer: 25, reset: 10, timeout: 5, garbage: 6 },
  ...{ 429: 12, 503: 10, 500: 8, 502: 6, 504: 6 },
  ...{ 400: 1, 401: 2, 402: 1, 403: 1, 404: 3, 422: 2 },
};

/** The faults that were met, by route and kind. */
export type FaultsMet = Map<string, number>;

/** Keeps faults ready on every route, of every kind, single ones and storms, and counts those that somebody met. */
export async function injectFaults(stack: Stack, random: Random, { until }: { until: number }): Promise<FaultsMet> {
  const met: FaultsMet = new Map();
  const count = (fault: Pick<FaultSettings, 'route' | 'status'>, times: number) => {
    const key = `${fault.route} ${fault.status}`;
    met.set(key, (met.get(key) ?? 0) + times);
  };
  while (Date.now() < until) {
    const pending = new Set((await stack.sandbox.faults()).map(({ route }) => routeOf(route)));
    for (const route of routes) {
      if (pending.has(route) || random.chance(calm[route] ?? 0)) continue;
      const fault = newFault(route, random);
      await stack.sandbox.addFault(fault);
      count(fault, fault.times ?? 1);
    }
    await sleep(80);
  }
  // What nobody met does not count, and shall trouble nobody from here on.
  for (const { route, status, times, skip } of await stack.sandbox.faults()) {
    count({ route: routeOf(route), status: status as FaultSettings['status'] }, -times); // as it was given to the sandbox
    for (let touch = 0; touch < times + skip; touch += 1) await stack.sandbox.touch(routeOf(route));
  }
  return met;
}

function newFault(route: string, random: Random): FaultSettings {
  const kind = random.weighted(kinds);
  const isStorm = (kind === '429' || kind === '503') && route !== sourcesRoute && random.chance(0.4);
  return {
    route,
    status: /^\d/.test(kind) ? Number(kind) : (kind as 'reset'), // one of the words
    times: isStorm ? random.whole(5, 15) : random.whole(1, 3),
    skip: random.whole(0, 1),
    ...(isStorm && random.chance(0.5) && { retryAfter: random.whole(1, 5) }),
  };
}

/** The sandbox forgets what a parameter is called. */
function routeOf(stored: string): string {
  return routes.find((route) => route.replace(/:\w+/, ':') === stored) ?? stored;
}
