import { runBenchCommand } from '../harness/command.js';
import { ratesPart } from './rates.js';

await runBenchCommand({
  name: 'gateway',
  command: 'npm run bench:gateway',
  description: 'Measures the rate of events over HTTP, compared with Temporal alone.',
  parts: [ratesPart],
});
