import { runBenchCommand } from '../harness/command.js';
import { ratesPart } from './rates.js';

await runBenchCommand({
  name: 'gateway',
  command: 'npm run bench:gateway',
  description: 'How fast events come in over HTTP, and how that compares with Temporal alone.',
  parts: [ratesPart],
});
