import { Command, InvalidArgumentError } from 'commander';
import { isFine, runDrill } from './drill.js';
import { Progress } from './progress.js';
import { tableOf } from './table.js';

/** The command line: `npm run drill -- --journeys 200 --minutes 3`. */
const program = new Command('drill')
  .description('Real processes, killed at random, and a ChartMogul that fails in every way: no journey may be lost.')
  .option('--journeys <number>', 'leads that go their way', readPositive, 200)
  .option('--minutes <number>', 'how long everything is disturbed', readPositive, 3)
  .option('--seed <number>', 'to repeat a drill', readPositive, Math.ceil(Math.random() * 1_000_000))
  .option('--json', 'the result as JSON');

program.action(async (options: { journeys: number; minutes: number; seed: number; json?: boolean }) => {
  const progress = new Progress();
  const result = await runDrill({ ...options, onProgress: (line, share) => progress.show(line, share) });
  progress.end();
  console.log(options.json ? JSON.stringify(result, undefined, 2) : tableOf(result));
  if (!isFine(result)) process.exitCode = 1;
});

await program.parseAsync();

function readPositive(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return number;
}
