import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultSettings } from '../../packages/chartmogul-sandbox/src/index.js';
import type { Random } from './random.js';
import { type Stack, type Target, targets } from './stack.js';

export interface Kill {
  readonly target: Target;
  /** Kills while requests to ChartMogul or reports to Temporal were in progress. */
  readonly inFlight: number;
}

/** How long a kill waits for work in progress. */
const waitForWorkMs = 3_000;

/**
 * Kills random processes, during their work if possible, and restarts each one shortly after.
 *
 * @param reportsUnderWay starter calls without an answer yet: the server's work
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
    if (next.length === 0) next = random.shuffled(targets); // each target gets a turn, even in a short drill
    const target = next.pop() ?? 'server';
    const deadline = Math.min(until, Date.now() + waitForWorkMs);
    while (stack.isRunning(target) && inFlight(target) === 0 && Date.now() < deadline) await sleep(2);
    if (!stack.isRunning(target)) continue;

    kills.push({ target, inFlight: inFlight(target) });
    await stack.kill(target);
    const pause = random.whole(0, 1_500);
    const restart = sleep(pause).then(() => stack.start(target));
    restarts.add(restart);
    restart.finally(() => restarts.delete(restart)).catch(() => undefined); // reported below
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

const unmergeRoute = 'POST /v1/customers/unmerges';

/** Also the route that a worker requests at startup, and one that few journeys use. */
const routes = [...journeyRoutes, unmergeRoute, sourcesRoute];

/** How often a route gets no fault for a while. */
const calm: Readonly<Record<string, number>> = {
  // A worker that meets such a fault at startup retries for seconds and sends nothing else.
  [sourcesRoute]: 0.9,
  // Each failed lookup costs a journey a minute: with a fault at every lookup, few journeys would reach the merge.
  'GET /v1/customers': 0.8,
};

type Kind = `${number}` | 'reset' | 'timeout' | 'drop_answer' | 'garbage';

/** Non-retryable answers are rare: each one costs an operator's retry or an hour. */
const kinds: Record<Kind, number> = {
  ...{ drop_answer: 25, reset: 10, timeout: 5, garbage: 6 },
  ...{ 429: 12, 503: 10, 500: 8, 502: 6, 504: 6 },
  ...{ 400: 1, 401: 2, 402: 1, 403: 1, 404: 3, 422: 2 },
};

/** The faults that requests met, by route and kind. */
export type FaultsMet = Map<string, number>;

/** Keeps faults of every kind, single and in storms, on every route, and counts those that a request met. */
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
  // Unused faults do not count, and are removed so that they cannot fail later requests.
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

/** The sandbox does not store parameter names. */
function routeOf(stored: string): string {
  return routes.find((route) => route.replace(/:\w+/, ':') === stored) ?? stored;
}
