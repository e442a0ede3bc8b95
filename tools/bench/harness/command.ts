import { Argument, Command } from 'commander';
import { type OnProgress, progressPrinter } from '../../temporal-server/progress.js';
import { loadNow, machineNow } from './machine.js';
import { type PartResult, reportText, writeReport } from './report.js';

/** A part of a benchmark. It starts and stops the processes that it measures. */
export interface Part {
  /** Its name on the command line. */
  readonly name: string;
  /** What it measures, for `--help`. */
  readonly about: string;
  /** Runs only if it is named. */
  readonly onlyIfNamed?: boolean;
  run(options: PartOptions): Promise<Omit<PartResult, 'part'>>;
}

export interface PartOptions {
  /** Fewer journeys and rounds. The figures are too imprecise to publish. */
  readonly quick: boolean;
  readonly onProgress: OnProgress;
}

export interface Bench {
  /** Name of the files in `tools/bench/results/`. */
  readonly name: string;
  /** The command that starts it, for example `npm run bench`. */
  readonly command: string;
  readonly description: string;
  readonly parts: readonly Part[];
}

/**
 * The command line of a benchmark: `npm run bench -- [part...] [--quick] [--json]`. Runs the named parts, or all of them,
 * one at a time. Prints the tables and writes them to `tools/bench/results/`.
 */
export async function runBenchCommand(bench: Bench, argv: readonly string[] = process.argv): Promise<void> {
  const names = bench.parts.map(({ name }) => name);
  const width = Math.max(...names.map((name) => name.length));
  // Ctrl-C goes through the exit hooks, which end the processes.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

  await new Command(bench.command)
    .description(bench.description)
    .addArgument(new Argument('[part...]', 'parts to run').choices(names).default([], 'all'))
    .option('--quick', 'fewer journeys and rounds; takes less than two minutes')
    .option('--json', 'print the result as JSON on stdout')
    .addHelpText(
      'after',
      `\nParts:\n${bench.parts.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`).join('\n')}\n\n` +
        'The tables are also written to tools/bench/results/.\nExit codes: 0 success, 1 failure.',
    )
    .action((selected: string[], options: { quick?: boolean; json?: boolean }) => measure(bench, selected, options))
    .parseAsync([...argv]);
}

async function measure(bench: Bench, selected: string[], { quick = false, json = false }): Promise<void> {
  const onProgress = progressPrinter();
  const startedAt = new Date();
  const loadBefore = loadNow();
  const parts: PartResult[] = [];
  for (const part of bench.parts) {
    if (!(selected.length > 0 ? selected.includes(part.name) : !part.onlyIfNamed)) continue;
    const since = Date.now();
    parts.push({ part: part.name, ...(await part.run({ quick, onProgress })) });
    onProgress(`${part.name}: finished in ${((Date.now() - since) / 1000).toFixed(0)} s`);
  }
  const result = {
    // A quick or partial run does not overwrite the results of a full run.
    bench: [bench.name, ...selected, ...(quick ? ['quick'] : [])].join('-'),
    command: [
      bench.command,
      ...(selected.length + Number(quick) > 0 ? ['--'] : []),
      ...selected,
      ...(quick ? ['--quick'] : []),
    ].join(' '),
    startedAt: startedAt.toISOString(),
    seconds: (Date.now() - startedAt.getTime()) / 1000,
    machine: machineNow(loadBefore),
    parts,
  };
  const files = await writeReport(result);
  console.log(json ? JSON.stringify(result, undefined, 2) : reportText(result));
  onProgress(`wrote ${files.join(', ')}`);
}
