import { appendFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { type Customer, newCustomer } from '../../packages/chartmogul-sandbox/src/records.js';
import { customerJourneyType, type JourneyResult, journeyId } from '../../src/workflows/messages.js';
import { searchAttributesOf, startAttributes } from '../../src/workflows/search-attributes.js';

const account = 'default';
const taskQueue = 'stand-in-journeys';
const startsAtOnce = 16;
/** One of so many has paid and is proven; the others wait for their trial, as most leads do. */
const leadsOfOnePayer = 10;
/** Above the ids of all records that the sandbox has made before. */
const firstRecordId = 500_000_000;

/** A lead whose record is right. */
export interface Seed {
  readonly leadId: string;
  readonly leadCreatedAt: string;
  /** It has paid, and its record is merged with its customer. Absent: the journey waits. */
  readonly proven?: { readonly payerId: string; readonly trialStartedAt: string; readonly paidAt: string };
}

export function seedsOf(count: number): Seed[] {
  const day = (number: number) => new Date(Date.UTC(2018, 0, 1 + number)).toISOString().replace('.000', '');
  return Array.from({ length: count }, (_, at) => {
    const seed = { leadId: `seed_${at}`, leadCreatedAt: day(at % 700) };
    if (at % leadsOfOnePayer > 0) return seed;
    const dates = { trialStartedAt: day((at % 700) + 20), paidAt: day((at % 700) + 40) };
    return { ...seed, proven: { payerId: `cus_seed_${at}`, ...dates } };
  });
}

export interface Sources {
  readonly leads: string;
  readonly billing: string;
}

/** Adds the records of these leads to the data file of a sandbox that is not running. */
export async function seedRecords(file: string, seeds: readonly Seed[], sources: Sources): Promise<void> {
  for (let from = 0; from < seeds.length; from += 1_000) {
    const customers = seeds
      .slice(from, from + 1_000)
      .map((seed, at) => recordOf(seed, firstRecordId + from + at, sources));
    const rows = { customers: Object.fromEntries(customers.map((customer) => [customer.uuid, customer])) };
    await appendFile(file, `${JSON.stringify({ rows })}\n`);
  }
}

function recordOf({ leadId, leadCreatedAt, proven }: Seed, id: number, { leads, billing }: Sources): Customer {
  const lead = { dataSourceUuid: leads, externalId: leadId, subscriptions: [] };
  const dates = { leadCreatedAt: Date.parse(leadCreatedAt) };
  if (!proven) return { ...newCustomer(id, leads, leadId), ...dates };
  const { payerId, trialStartedAt, paidAt } = proven;
  const started = { startedAt: Date.parse(paidAt), cancelledAt: null, mrrInCents: 1_000 };
  const subscriptions = [{ id, uuid: `sub_${leadId}`, externalId: `sub_${leadId}`, ...started }];
  return {
    ...newCustomer(id, billing, payerId),
    ...{ ...dates, freeTrialStartedAt: Date.parse(trialStartedAt) },
    sourceCustomers: [{ dataSourceUuid: billing, externalId: payerId, subscriptions }, lead],
  };
}

/** Starts journeys of these leads on a Temporal server, and ends those that are proven. */
export async function seedJourneys(address: string, client: Client, seeds: readonly Seed[]): Promise<void> {
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('./stand-in.ts', import.meta.url)),
    maxConcurrentWorkflowTaskExecutions: startsAtOnce,
    maxCachedWorkflows: 0,
  });
  await worker.runUntil(async () => {
    const waiting = seeds.entries();
    const startOneByOne = async () => {
      for (const [at, seed] of waiting) {
        await startStandIn(client, seed);
        if (at % 10_000 === 0) console.log(`  ${at} journeys seeded`);
      }
    };
    await Promise.all(Array.from({ length: startsAtOnce }, startOneByOne));
    while ((await runningSeeds(client)) > 0) await new Promise((resolve) => setTimeout(resolve, 1_000));
  });
  await connection.close();
}

async function startStandIn(client: Client, { leadId, leadCreatedAt, proven }: Seed): Promise<void> {
  const view = proven
    ? ({
        stage: 'proven',
        leadCreatedAt,
        trialStartedAt: proven.trialStartedAt,
        paidAt: proven.paidAt,
        ...merged(proven),
      } as const)
    : ({ stage: 'lead', leadCreatedAt } as const);
  const result: JourneyResult = {
    ...{ leadId, account, doing: 'proven', outcome: 'proven', notices: [], corrections: {}, ...view },
  };
  await client.workflow.start(customerJourneyType, {
    ...{ workflowId: journeyId(leadId, account), taskQueue, args: [{ leadId, account }, result] },
    typedSearchAttributes: startAttributes(searchAttributesOf(view)),
    ...(!proven && { startDelay: '300 days' }),
  });
}

function merged({ payerId: billingCustomerId, paidAt: mergedAt }: NonNullable<Seed['proven']>) {
  return { mergedAt, billingCustomerId };
}

async function runningSeeds(client: Client): Promise<number> {
  const query = `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running' AND JourneyStage = 'proven'`;
  return (await client.workflow.count(query)).count;
}
