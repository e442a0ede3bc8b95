import { stopAsking } from './eventually.js';
import { closeLeftStages } from './journeys.js';
import { startSharing, stopSharing } from './shared.js';
import { disconnect } from './temporal-server.js';
import { stopJourneyWorkers } from './workers.js';

/** Mocha calls these once a run, in the process that started it; see `require` in .mocharc.json. */
export const mochaGlobalSetup = startSharing;

export async function mochaGlobalTeardown(): Promise<void> {
  await disconnect();
  await stopSharing();
}

export const mochaHooks = {
  /** A test that timed out has not closed its stage, and would disturb the next one. */
  async afterEach(this: Mocha.Context) {
    if (this.currentTest?.timedOut) stopAsking();
    await closeLeftStages();
  },
  /** After every file in parallel runs: the next one may need to be without a worker. */
  afterAll: stopJourneyWorkers,
};
