import { costPart } from './cost/part.js';
import { floorPart } from './floor/part.js';
import { runBenchCommand } from './harness/command.js';

await runBenchCommand({
  name: 'bench',
  command: 'npm run bench',
  description: 'What a journey costs, how fast it is, and how far from what Temporal itself allows.',
  parts: [floorPart, costPart],
});
