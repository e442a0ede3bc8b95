import { runBenchCommand } from './harness/command.js';
import { costPart } from './parts/cost.js';
import { floorPart } from './parts/floor.js';
import { limitPart } from './parts/limit.js';
import { paidPart } from './parts/paid.js';
import { parkedPart } from './parts/parked.js';
import { replayPart } from './parts/replay.js';
import { settingsPart } from './parts/settings.js';

await runBenchCommand({
  name: 'bench',
  command: 'npm run bench',
  description: 'Measures the cost and speed of journeys, compared with the limits of Temporal itself.',
  parts: [floorPart, costPart, parkedPart, limitPart, paidPart, replayPart, settingsPart],
});
