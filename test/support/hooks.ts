import { startSharing, stopSharing } from './shared.js';

/** Whether this process runs tests. The main process of a parallel run does not, and so need not load what they use. */
let runsTests = false;

/** Mocha calls these once per run, in the main process. See `require` in .mocharc.cjs. */
export const mochaGlobalSetup = startSharing;

export async function mochaGlobalTeardown(): Promise<void> {
  try {
    if (runsTests) await closeAll();
  } finally {
    await stopSharing();
  }
}

async function closeAll(): Promise<void> {
  const { closeLeftStages } = await import('./journeys.js');
  await closeLeftStages(); // a run that is interrupted ends without the hooks of its test
  const { stopJourneyWorkers } = await import('./workers.js');
  await stopJourneyWorkers();
  const { disconnect } = await import('./temporal-server.js');
  await disconnect();
}

export const mochaHooks = {
  beforeAll() {
    runsTests = true;
  },

  /** A test that timed out has not closed its stage, which would affect the next test. */
  async afterEach(this: Mocha.Context) {
    this.timeout(120_000); // not the time of the test, which was too short for the stage to open
    const { stopAsking } = await import('./eventually.js');
    if (this.currentTest?.timedOut) stopAsking();
    const { closeLeftStages } = await import('./journeys.js');
    await closeLeftStages();
  },
};
