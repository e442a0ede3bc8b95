import { Command, InvalidArgumentError } from 'commander';
import { runDrill } from './drill.js';
import { Progress } from './progress.js';
import { tableOf } from './table.js';
import { isFine } from './verdict.js';

/** The command line: `npm run drill -- --journeys 200 --minutes 3`. */
const program = new Command('drill')
  .description(
    'Kills real processes at random and makes ChartMogul fail in every way, then verifies that no journey was lost.',
  )
  .option('--journeys <number>', 'number of leads', readWhole, 200)
  .option(
    '--minutes <number>',
    'duration of kills and faults; settling and comparing take additional time',
    readPositive,
    3,
  )
  .option(
    '--seed <number>',
    'repeats an earlier drill, which prints its seed at the end',
    readWhole,
    Math.ceil(Math.random() * 1_000_000),
  )
  .option('--json', 'print the result as JSON')
  .addHelpText('after', '\nExit codes: 0 no journey was lost; 1 problems found; 2 invalid options.')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

// All processes of a drill exit with it, even if it is interrupted: see process.ts.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

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
  if (!(number > 0 && Number.isFinite(number))) throw new InvalidArgumentError('Must be a number above 0.');
  return number;
}

function readWhole(text: string): number {
  const number = readPositive(text);
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError('Must be a whole number above 0.');
  return number;
}
