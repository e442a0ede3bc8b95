import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JourneyClient } from '../../packages/client/src/index.js';
import { audit } from '../drill/audit.js';
import { Random } from '../drill/random.js';
import { inParallel, type Unsettled, unsettledReason } from '../drill/settling.js';
import { type Fact, newStory, type Payer, type StoryName } from '../drill/stories.js';
import type { PlannedLead } from '../drill/truth.js';
import type { Row } from './context.js';
import type { Product } from './product.js';
import type { ClusterSandbox } from './sandbox.js';

/** The stories that need nobody's decision. */
type SimpleStory = Extract<StoryName, 'trial and payment' | 'no trial' | 'trial in the billing system' | 'never pays'>;
type Weights = Readonly<Record<SimpleStory, number>>;

const mostPay: Weights = {
  'trial and payment': 55,
  'no trial': 15,
  'trial in the billing system': 10,
  'never pays': 20,
};

/** As in the files that companies have. */
export const oneInFivePays: Weights = {
  'trial and payment': 14,
  'no trial': 4,
  'trial in the billing system': 2,
  'never pays': 80,
};

/** Plans leads `lead_FROM`, ... . The same seed plans the same leads. */
export function planLeads(count: number, { from = 1, seed = 1, weights = mostPay } = {}): PlannedLead[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, index) => {
    const number = from + index;
    const story = newStory(random.weighted<SimpleStory>(weights), number, random);
    return { ...story, leadId: `lead_${number}`, startsAt: random.next(), facts: random.shuffled(story.reports) };
  });
}

/** Reports one fact to the gateway; with a payment, ChartMogul imports the customer some seconds later. */
export async function report(
  client: JourneyClient,
  sandbox: ClusterSandbox,
  lead: PlannedLead,
  { kind, ...fact }: Fact,
): Promise<void> {
  await client[kind](lead.leadId, fact);
  if (kind === 'paymentSucceeded' && lead.payer !== undefined) await ingest(sandbox, lead.payer, 3_000);
}

/** Reports all facts of all leads, spread over some time. */
export async function tellAll(
  client: JourneyClient,
  sandbox: ClusterSandbox,
  leads: readonly PlannedLead[],
  overMs: number,
): Promise<void> {
  await Promise.all(
    leads.map(async (lead) => {
      await sleep(lead.startsAt * overMs * 0.7);
      for (const fact of lead.facts) {
        await report(client, sandbox, lead, fact);
        await sleep((overMs * 0.3) / lead.facts.length);
      }
    }),
  );
}

/** ChartMogul imports the customers of all leads now. */
export async function ingestAll(sandbox: ClusterSandbox, leads: readonly PlannedLead[]): Promise<void> {
  for (const { payer } of leads) if (payer !== undefined) await ingest(sandbox, payer, 0);
}

async function ingest(sandbox: ClusterSandbox, { externalId, trialStartedAt, paidAt }: Payer, delayMs: number) {
  await sandbox.ingest({
    external_id: externalId,
    ...(paidAt !== undefined && { paid_at: paidAt }),
    ...(trialStartedAt !== undefined && { trial_started_at: trialStartedAt }),
    delayMs,
  });
}

/** Writes the leads to a file for `customer-journey import`. */
export async function writeLeads(file: string, leads: readonly PlannedLead[]): Promise<void> {
  const lines = leads.map(({ leadId, reports }) => {
    const fact = (kind: Fact['kind']) => reports.find((one) => one.kind === kind);
    const paid = fact('paymentSucceeded');
    const dates = [fact('leadCreated')?.occurredAt, fact('trialStarted')?.occurredAt, paid?.occurredAt];
    return [leadId, ...dates, paid?.billingCustomerId].join(',');
  });
  const header = 'lead_id,lead_created_at,trial_started_at,paid_at,billing_customer_id';
  await writeFile(file, `${[header, ...lines].join('\n')}\n`);
}

/** Waits until all records and journeys of these leads are right. The rows name some that are not. */
export async function recordsAndJourneys(
  product: Product,
  sandbox: ClusterSandbox,
  leads: readonly PlannedLead[],
): Promise<Row[]> {
  const records = await untilNone(() => wrongRecords(sandbox, leads));
  let open = leads;
  const journeys = await untilNone(async () => {
    const wrong = await wrongJourneys(product, open);
    open = open.filter(({ leadId }) => wrong.has(leadId));
    return [...wrong.values()];
  });
  const row = (what: string, wrong: readonly string[]) => ({
    what,
    expected: `${leads.length} of ${leads.length}`,
    seen: [`${leads.length - wrong.length} of ${leads.length}`, ...wrong.slice(0, 3)].join('; '),
    isOk: wrong.length === 0,
  });
  return [row('records right', records), row('journeys ended, or open as expected', journeys)];
}

/** Looks until nothing is wrong, at most four minutes. Returns what is still wrong. */
async function untilNone(look: () => Promise<string[]>): Promise<string[]> {
  const deadline = Date.now() + 240_000;
  for (;;) {
    const wrong = await look();
    if (wrong.length === 0 || Date.now() > deadline) return wrong;
    await sleep(1_000);
  }
}

/** The differences between ChartMogul and the expected records. */
async function wrongRecords(sandbox: ClusterSandbox, leads: readonly PlannedLead[]): Promise<string[]> {
  const evidence = { leads, before: [], after: await sandbox.customers(), requests: [], shown: new Map() };
  return Object.entries(audit(evidence)).flatMap(([kind, found]: [string, string[]]) =>
    found.map((one) => `${kind}: ${one}`),
  );
}

/** What is wrong with journeys, by lead. */
async function wrongJourneys(product: Product, leads: readonly PlannedLead[]): Promise<Map<string, string>> {
  const journeys = await product.journeys();
  const looks = await inParallel(leads, async (lead) => {
    const found = await unsettledReason(journeys, lead).catch((error: unknown) => ({
      ...{ leadId: lead.leadId, wanted: lead.ending, status: String(error), view: undefined },
    }));
    return found && ([lead.leadId, describe(found)] as const);
  });
  return new Map(looks.filter((look) => look !== undefined));
}

function describe({ leadId, wanted, status, view }: Unsettled): string {
  return `${leadId} is ${status} (${view?.stage}, attention ${view?.attention?.code ?? 'none'}) instead of ${wanted}`;
}
