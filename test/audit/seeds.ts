import { appendFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { newCustomer } from '../../packages/chartmogul-sandbox/src/records.js';
import { customerJourneyType, type JourneyResult, journeyId } from '../../src/workflows/messages.js';
import { searchAttributesOf, startAttributes } from '../../src/workflows/search-attributes.js';

const account = 'default';
const taskQueue = 'stand-in-journeys';
const startsAtOnce = 100;
/** Above the ids of all records that the sandbox has made before. */
const firstRecordId = 500_000_000;

/** A lead that is proven: its record is merged with its customer, and has its dates. */
export interface Seed {
  readonly leadId: string;
  readonly payerId: string;
  readonly leadCreatedAt: string;
  readonly trialStartedAt: string;
  readonly paidAt: string;
}

export function seedsOf(count: number): Seed[] {
  const day = (number: number) => new Date(Date.UTC(2018, 0, 1 + number)).toISOString().replace('.000', '');
  return Array.from({ length: count }, (_, at) => ({
    ...{ leadId: `seed_${at}`, payerId: `cus_seed_${at}` },
    ...{ leadCreatedAt: day(at % 700), trialStartedAt: day((at % 700) + 20), paidAt: day((at % 700) + 40) },
  }));
}

export interface Sources {
  readonly leads: string;
  readonly billing: string;
}

/** Adds the records of these leads to the data file of a sandbox that is not running. */
export async function seedRecords(file: string, seeds: readonly Seed[], { leads, billing }: Sources): Promise<void> {
  for (let from = 0; from < seeds.length; from += 1_000) {
    const customers = seeds.slice(from, from + 1_000).map((seed, at) => {
      const { leadId, payerId, leadCreatedAt, trialStartedAt, paidAt } = seed;
      const record = newCustomer(firstRecordId + from + at, billing, payerId);
      const started = { startedAt: Date.parse(paidAt), cancelledAt: null, mrrInCents: 1_000 };
      const subscription = { id: 0, uuid: `sub_${leadId}`, externalId: `sub_${leadId}`, ...started };
      return {
        ...record,
        ...{ leadCreatedAt: Date.parse(leadCreatedAt), freeTrialStartedAt: Date.parse(trialStartedAt) },
        sourceCustomers: [
          { dataSourceUuid: billing, externalId: payerId, subscriptions: [subscription] },
          { dataSourceUuid: leads, externalId: leadId, subscriptions: [] },
        ],
      };
    });
    const rows = { customers: Object.fromEntries(customers.map((customer) => [customer.uuid, customer])) };
    await appendFile(file, `${JSON.stringify({ rows })}\n`);
  }
}

/** Runs ended journeys of these leads on a Temporal server, a few hundred a second. */
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

async function startStandIn(client: Client, { leadId, payerId: billingCustomerId, ...dates }: Seed): Promise<void> {
  const mergedAt = dates.paidAt;
  const view = { stage: 'proven', ...dates, mergedAt, billingCustomerId } as const;
  const result: JourneyResult = {
    ...{ leadId, account, doing: 'proven', outcome: 'proven', notices: [], corrections: {}, ...view },
  };
  await client.workflow.start(customerJourneyType, {
    ...{ workflowId: journeyId(leadId, account), taskQueue, args: [{ leadId, account }, result] },
    typedSearchAttributes: startAttributes(searchAttributesOf(view)),
  });
}

async function runningSeeds(client: Client): Promise<number> {
  const query = `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'`;
  return (await client.workflow.count(query)).count;
}
