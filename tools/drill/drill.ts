import { setTimeout as sleep } from 'node:timers/promises';
import { type JourneySummary, Journeys } from '../../src/journeys/index.js';
import { Application } from './application.js';
import { audit } from './audit.js';
import { injectFaults, killProcesses } from './chaos.js';
import { deploy } from './deployment.js';
import { readHistories } from './histories.js';
import { People } from './people.js';
import { prepare } from './preparation.js';
import { Random } from './random.js';
import type { DrillResult } from './result.js';
import { forward, inParallel, settle } from './settling.js';
import { Stack } from './stack.js';
import { type PlannedLead, planLeads } from './truth.js';
import { isFine, wrongAttention } from './verdict.js';
import type { Passing } from './wire.js';

export interface DrillOptions {
  readonly journeys: number;
  readonly minutes: number;
  readonly seed: number;
  readonly onProgress: (line: string, share: number) => void;
}

/** Injects kills and faults while journeys run, then compares ChartMogul with the expected records. */
export async function runDrill({ journeys: count, minutes, seed, onProgress }: DrillOptions): Promise<DrillResult> {
  const startedAt = Date.now();
  const leads = planLeads(count, new Random(seed));
  onProgress('starting the server, the sandbox and two workers', 0);
  const stack = await Stack.start();
  try {
    await prepare(stack.sandbox, leads);
    const before = await stack.sandbox.customers();
    const journeys = new Journeys({ client: stack.client });
    const application = new Application(hurried(stack), () => stack.sandbox);

    const people = new People(leads, {
      journeys: new Journeys({
        client: stack.client,
        attemptTimeout,
        timeout: '2 seconds',
        workerTimeout: '10 seconds',
      }),
      sandbox: () => stack.sandbox,
      leadsSourceUuid: stack.leadsSourceUuid,
      isTold: (leadId) => application.told.has(leadId),
    });

    const { kills, faults, deployment } = await disturb(stack, { application, people }, leads, {
      ...{ minutes, seed, onProgress },
    });

    const onSettled = (settled: number) =>
      onProgress(`faults are over: ${settled} of ${count} journeys have reached their expected state`, 0.9);
    const decide = people.decide.bind(people);
    // A change is made only to proven journeys, and again if the journey undid it at the same moment.
    for (let round = 0; round < changeRounds && people.isBusy; round += 1) {
      const { waiting } = people;
      await inParallel(people.wronglyLinked, (lead) => forward(journeys, lead));
      const unchanged = leads.filter(({ leadId }) => waiting.has(leadId));
      const proven = unchanged.map((lead) => ({ ...lead, ending: 'proven' as const }));
      await settle(journeys, proven, { decide, onProgress: () => undefined });
      await people.finish();
    }
    const unsettled = await settle(journeys, leads, { decide, onProgress: onSettled });
    onProgress('comparing ChartMogul with the expected records', 0.97);
    const after = await stack.sandbox.customers();
    const result: DrillResult = {
      ...{ seed, journeys: count, minutes },
      stories: countBy(leads, ({ story }) => story),
      reports: application.reports,
      repeatedReports: application.repeatedReports,
      retriesByOperator: application.retries,
      requests: stack.requests.length,
      requestsByRoute: countBy(stack.requests, routeOf),
      kills,
      faults,
      changes: countChanges(people, leads),
      refused: people.refused,
      deployment,
      audit: audit({ leads, before, after, requests: stack.requests, shown: await readShown(journeys, leads) }),
      unsettled,
      attention: await readAttention(journeys, leads),
      histories: await readHistories(stack.client),
      badEnds: stack.unaskedEnds.filter(({ exitCode }) => exitCode !== temporalWasAway),
      seconds: Math.round((Date.now() - startedAt) / 1000),
    };
    if (!isFine(result)) return { ...result, folder: stack.folder };
    await stack.stop();
    await stack.removeFiles();
    return result;
  } finally {
    await stack.stop();
  }
}

/** The list of journeys that need attention. Temporal's index lags shortly behind the journeys. */
async function readAttention(journeys: Journeys, leads: readonly PlannedLead[]): Promise<DrillResult['attention']> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const listed: JourneySummary[] = [];
    for await (const journey of journeys.list({ attention: true })) listed.push(journey);
    const wrong = wrongAttention(leads, listed);
    if (wrong.length === 0 || Date.now() > deadline) {
      return { byCode: countBy(listed, ({ attention }) => attention ?? 'unknown'), wrong };
    }
    await sleep(500);
  }
}

/** What attentions and notices say about dates in ChartMogul that are not the lead's own. */
async function readShown(journeys: Journeys, leads: readonly PlannedLead[]): Promise<Map<string, string>> {
  const entries = await inParallel(leads, async ({ leadId }): Promise<[string, string]> => {
    const { attention, notices } = await journeys.view(leadId);
    const texts = notices.filter(({ code }) => code === 'foreign-date' || code === 'shared-record');
    const asked = attention?.code === 'foreign-date' ? (attention.detail ?? '') : '';
    return [leadId, [asked, ...texts.map(({ text }) => text)].join(' ')];
  });
  return new Map(entries);
}

const attemptTimeout = '4 seconds';

/** A client with short timeouts, so that it repeats many calls. */
function hurried({ client }: Stack): Journeys {
  return new Journeys({ client, attemptTimeout, timeout: '1 second' });
}

/** How often the remaining changes are tried after the faults. */
const changeRounds = 6;

/** Exit code of a worker that could not reach Temporal at startup. */
const temporalWasAway = 75;

async function disturb(
  stack: Stack,
  { application, people }: { readonly application: Application; readonly people: People },
  leads: readonly PlannedLead[],
  { minutes, seed, onProgress }: Pick<DrillOptions, 'minutes' | 'seed' | 'onProgress'>,
) {
  const begin = Date.now();
  const until = begin + minutes * 60_000;
  const ticker = setInterval(() => {
    const share = Math.min(1, (Date.now() - begin) / (until - begin));
    const { reports, repeatedReports } = application;
    onProgress(
      `${reports} reports (${repeatedReports} repeated), ${stack.requests.length} requests`,
      0.05 + share * 0.8,
    );
  }, 1_000);
  try {
    const reportsUnderWay = () => application.underWay;
    const actors = [
      killProcesses(stack, new Random(seed + 1), { until, reportsUnderWay }),
      injectFaults(stack, new Random(seed + 2), { until }),
      deploy(stack, { until }),
      application.attend(leads, new Random(seed + 3), { until }),
      people.work(new Random(seed + 4), { until }),
      people.takeBackAtAnyMoment(new Random(seed + 5), { until }),
      ...leads.map((lead, index) => application.tell(lead, new Random(seed + 10 + index), { until })),
    ] as const;
    // Let every task finish: an error caused by stopping one early would hide the first error.
    await Promise.allSettled(actors);
    const [kills, met, deployment] = await Promise.all(actors);
    return { kills: countKills(kills), faults: countFaults(met), deployment };
  } finally {
    clearInterval(ticker);
  }
}

function countKills(kills: Awaited<ReturnType<typeof killProcesses>>): DrillResult['kills'] {
  const counts: Record<string, { all: number; withWorkInFlight: number }> = {};
  for (const { target, inFlight } of kills) {
    const name = target.startsWith('worker') ? 'worker' : target;
    const { all = 0, withWorkInFlight = 0 } = counts[name] ?? {};
    counts[name] = { all: all + 1, withWorkInFlight: withWorkInFlight + (inFlight > 0 ? 1 : 0) };
  }
  return counts;
}

function countChanges({ made }: People, leads: readonly PlannedLead[]): DrillResult['changes'] {
  const counts: DrillResult['changes'] = {};
  for (const { change } of leads) {
    if (!change || counts[change.kind]) continue;
    const { kind } = change;
    const ofKind = made.filter((other) => other.kind === kind);
    counts[kind] = {
      planned: leads.filter((lead) => lead.change?.kind === kind).length,
      made: ofKind.length,
      underFaults: ofKind.filter(({ isUnderFaults }) => isUnderFaults).length,
    };
  }
  return counts;
}

function countFaults(met: ReadonlyMap<string, number>): DrillResult['faults'] {
  const byKind: Record<string, number> = {};
  const byRoute: Record<string, number> = {};
  for (const [key, times] of met) {
    const [, route = '', kind = ''] = /^(.*) (\w+)$/.exec(key) ?? [];
    byKind[kind] = (byKind[kind] ?? 0) + times;
    byRoute[route] = (byRoute[route] ?? 0) + times;
  }
  return { byKind, byRoute };
}

/** In the format of the sandbox's faults, so that both can be compared. */
function routeOf({ method, path }: Passing): string {
  const [route = ''] = path.split('?');
  return `${method} ${route.replace(/(customers)\/cus_.*/, '$1/:uuid')}`;
}

function countBy<T>(entries: readonly T[], keyOf: (entry: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const entry of entries) counts[keyOf(entry)] = (counts[keyOf(entry)] ?? 0) + 1;
  return counts;
}
