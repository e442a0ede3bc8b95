import { startSharing, stopSharing } from './shared.js';

/** Whether this process runs tests. The main process of a parallel run does not, and so need not load what they use. */
let runsTests = false;

/** Mocha calls these once per run, in the main process. See `require` in .mocharc.cjs. */
export const mochaGlobalSetup = startSharing;

export async function mochaGlobalTeardown(): Promise<void> {
  if (runsTests) {
    const { stopJourneyWorkers } = await import('./workers.js');
    await stopJourneyWorkers();
    const { disconnect } = await import('./temporal-server.js');
    await disconnect();
  }
  await stopSharing();
}

export const mochaHooks = {
  beforeAll() {
    runsTests = true;
  },

  /** A test that timed out has not closed its stage, which would affect the next test. */
  async afterEach(this: Mocha.Context) {
    const { stopAsking } = await import('./eventually.js');
    if (this.currentTest?.timedOut) stopAsking();
    const { closeLeftStages } = await import('./journeys.js');
    await closeLeftStages();
  },
};
