import { mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { noFacts } from '../../src/domain/journey/facts.js';
import { type FileLead, packLeads } from '../../src/journeys/audit-file.js';
import { type AuditOptions, Audits } from '../../src/journeys/audits.js';
import { stripeSweepSchedule } from '../../src/journeys/workflow-schedule.js';
import { stripeSweepConfig } from '../../src/runtime/stripe-config.js';
import { billingScenarios } from '../../test/support/billing-scenarios.js';
import { setDatesByHand } from '../../test/support/by-hand.js';
import { eventually } from '../../test/support/eventually.js';
import { startFakeStripe } from '../../test/support/fake-stripe.js';
import { mochaGlobalSetup, mochaGlobalTeardown } from '../../test/support/hooks.js';
import { openStage } from '../../test/support/journeys.js';
import { adam, type Scenario, scenarios } from '../../test/support/scenarios.js';
import { stripeCustomer } from '../../test/support/stripe.js';
import { triggerSweep } from '../../test/support/sweeps.js';
import { stopJourneyWorkers } from '../../test/support/workers.js';
import { writeHistory } from '../temporal-server/replay.js';

/**
 * Runs every scenario on a real server and writes the histories to test/histories/<version>/. Run it once per release,
 * or with the names of new scenarios. Histories of a released version are never recorded again, because running
 * journeys have such histories.
 */
const root = new URL('../../', import.meta.url);

async function main(names: string[]): Promise<void> {
  const { version } = JSON.parse(await readFile(new URL('package.json', root), 'utf8'));
  const folder = fileURLToPath(new URL(`test/histories/${version}/`, root));
  await mkdir(folder, { recursive: true });

  for (const [name, scenario] of Object.entries<Scenario>({ ...scenarios, ...billingScenarios })) {
    if (names.length > 0 && !names.includes(name)) continue;
    const isOfCustomer = name in billingScenarios;
    for (const [run, history] of (await play(scenario, isOfCustomer)).entries()) {
      await write(folder, name, run, history);
    }
  }
  const others = { 'stripe-sweep': playSweeps, audit: playAudits };
  for (const [name, record] of Object.entries(others)) {
    if (names.length > 0 && !names.includes(name)) continue;
    for (const [run, history] of (await record()).entries()) await write(folder, name, run, history);
  }
}

async function write(folder: string, name: string, run: number, history: History): Promise<void> {
  const file = `${folder}${name}${run === 0 ? '' : `-${run + 1}`}.json`;
  await writeHistory(file, history);
  console.log(`${file.slice(fileURLToPath(root).length)}: ${history.events?.length} events`);
}

/** Two sweeps of a schedule. The second one continues the first. */
async function playSweeps(): Promise<History[]> {
  const stripe = await startFakeStripe();
  const config = stripeSweepConfig({ ...stripe.env, CHARTMOGUL_URL: 'http://sandbox.example' });
  const stage = await openStage({ worker: { stripe: config } });
  const { client } = stage.server;
  const schedule = stripeSweepSchedule(client, stage.account);
  try {
    stripe.events.push(stripeCustomer().invoice(new Date().toISOString(), { lead_id: adam.leadId }));
    await schedule.set('6h');
    const histories = [];
    for (let sweeps = 0; sweeps < 2; sweeps += 1) {
      const sweep = await triggerSweep(client, stage.account);
      await sweep.result();
      histories.push(await sweep.fetchHistory());
    }
    return histories;
  } finally {
    await schedule.remove();
    await stage.close();
    await stripe.close();
  }
}

/** An audit that mends a date, and one of a file that finds fewer differences than the next. */
async function playAudits(): Promise<History[]> {
  const stage = await openStage();
  const { client } = stage.server;
  const audits = new Audits({ client, account: stage.account });
  const play = async (options: AuditOptions) => {
    const { workflowId, runId } = await audits.start(options);
    const audit = client.workflow.getHandle(workflowId, runId);
    await audit.result();
    return audit.fetchHistory();
  };
  try {
    await scenarios.smooth.run(stage);
    await setDatesByHand(stage, adam.leadId, { lead_created_at: '2016-02-01' });
    // Temporal's index lags.
    await eventually(async () => (await stage.journeys.count({ stage: 'proven', includeClosed: true })) === 1);
    const mending = await play({ fix: true });
    const lead: FileLead = ['lead_2', { ...noFacts, leadCreatedAt: adam.lead }];
    const leads = {
      count: 1,
      digest: 'lead_2',
      all: async function* () {
        yield packLeads([lead]);
      },
    };
    return [mending, await play({ leads })];
  } finally {
    await stage.close();
  }
}

/** The histories of all runs of the journey, or of the billing customer, oldest run first. */
async function play(scenario: Scenario, isOfCustomer: boolean) {
  const stage = await openStage(scenario.knobs);
  try {
    await scenario.run(stage);
    const { client } = stage.server;
    const last = isOfCustomer ? stage.customers.handle(adam.payerId) : stage.journeys.handle(adam.leadId);
    const { workflowId } = last;
    const first = (await last.describe()).raw.workflowExecutionInfo?.firstRunId;
    const histories = [];
    for (let runId = first; runId; ) {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      histories.push(history);
      runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
    }
    return histories;
  } finally {
    await stage.close();
  }
}

mochaGlobalSetup()
  .then(() => main(process.argv.slice(2)))
  .catch((error) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(stopJourneyWorkers)
  .finally(mochaGlobalTeardown);
