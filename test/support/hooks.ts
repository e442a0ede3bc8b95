import { stopAsking } from './eventually.js';
import { closeLeftStages } from './journeys.js';
import { startSharing, stopSharing } from './shared.js';
import { disconnect } from './temporal-server.js';
import { stopJourneyWorkers } from './workers.js';

/** Mocha calls these once per run, in the main process. See `require` in .mocharc.json. */
export const mochaGlobalSetup = startSharing;

export async function mochaGlobalTeardown(): Promise<void> {
  await stopJourneyWorkers();
  await disconnect();
  await stopSharing();
}

export const mochaHooks = {
  /** A test that timed out has not closed its stage, which would affect the next test. */
  async afterEach(this: Mocha.Context) {
    if (this.currentTest?.timedOut) stopAsking();
    await closeLeftStages();
  },
};
