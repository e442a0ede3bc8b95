import { Argument, Command } from 'commander';
import { type OnProgress, progressPrinter } from '../../temporal-server/progress.js';
import { loadNow, machineNow } from './machine.js';
import { type PartResult, reportText, writeReport } from './report.js';

/** A part of a bench. It starts what it measures, and stops it afterwards. */
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
  /** Fewer journeys and rounds: for a quick check, not for figures to quote. */
  readonly quick: boolean;
  readonly onProgress: OnProgress;
}

export interface Bench {
  /** Name of the files in `bench/results/`. */
  readonly name: string;
  /** How it is started: `npm run bench`. */
  readonly command: string;
  readonly description: string;
  readonly parts: readonly Part[];
}

/**
 * The command line of a bench: `npm run bench -- [part...] [--quick] [--json]`. Runs the parts, all if none is named, one
 * after the other; prints the tables, and writes them into `bench/results/`.
 */
export async function runBenchCommand(bench: Bench, argv: readonly string[] = process.argv): Promise<void> {
  const names = bench.parts.map(({ name }) => name);
  const width = Math.max(...names.map((name) => name.length));
  // Ctrl-C goes through the exit hooks, which end the processes.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

  await new Command(bench.command)
    .description(bench.description)
    .addArgument(new Argument('[part...]', 'what to measure').choices(names).default([], 'all'))
    .option('--quick', 'fewer journeys and rounds; takes at most two minutes')
    .option('--json', 'print the result as JSON on stdout')
    .addHelpText(
      'after',
      `\nParts:\n${bench.parts.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`).join('\n')}\n\n` +
        'Tables and figures are also written to bench/results/.\nExit codes: 0 measured, 1 failed.',
    )
    .action((wanted: string[], options: { quick?: boolean; json?: boolean }) => measure(bench, wanted, options))
    .parseAsync([...argv]);
}

async function measure(bench: Bench, wanted: string[], { quick = false, json = false }): Promise<void> {
  const onProgress = progressPrinter();
  const startedAt = new Date();
  const loadBefore = loadNow();
  const parts: PartResult[] = [];
  for (const part of bench.parts) {
    if (!(wanted.length > 0 ? wanted.includes(part.name) : !part.onlyIfNamed)) continue;
    const since = Date.now();
    parts.push({ part: part.name, ...(await part.run({ quick, onProgress })) });
    onProgress(`${part.name}: measured in ${((Date.now() - since) / 1000).toFixed(0)} s`);
  }
  const result = {
    // A part or a quick run does not overwrite the figures of a full one.
    bench: [bench.name, ...wanted, ...(quick ? ['quick'] : [])].join('-'),
    command: [
      bench.command,
      ...(wanted.length + Number(quick) > 0 ? ['--'] : []),
      ...wanted,
      ...(quick ? ['--quick'] : []),
    ].join(' '),
    startedAt: startedAt.toISOString(),
    seconds: (Date.now() - startedAt.getTime()) / 1000,
    machine: machineNow(loadBefore),
    parts,
  };
  const files = await writeReport(result);
  console.log(json ? JSON.stringify(result, undefined, 2) : reportText(result));
  onProgress(`written: ${files.join(', ')}`);
}
