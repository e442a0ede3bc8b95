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
  description: 'What a journey costs, how fast it is, and how far from what Temporal itself allows.',
  parts: [floorPart, costPart, parkedPart, limitPart, paidPart, replayPart, settingsPart],
});
