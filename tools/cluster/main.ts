import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { BuildError, buildServer } from './build.js';
import { Cluster } from './cluster.js';
import type { Context, Scenario } from './context.js';
import { PostgresError } from './postgres.js';
import { Processes } from './processes.js';
import { ClusterSandbox } from './sandbox.js';
import { autoSetup } from './scenarios/auto-setup.js';
import { backup } from './scenarios/backup.js';
import { ids } from './scenarios/ids.js';
import { liveBehindImport } from './scenarios/import.js';
import { kills } from './scenarios/kills.js';
import { tls } from './scenarios/tls.js';
import { token } from './scenarios/token.js';
import { upgrade } from './scenarios/upgrade.js';
import { type Result, tableOf } from './table.js';

/** In this order: the last ones restart the cluster with other settings. */
const scenarios: readonly Scenario[] = [kills, liveBehindImport, ids, autoSetup, upgrade, backup, tls, token];
const names = scenarios.map(({ name }) => name);
const rate = 15;

interface Options {
  readonly only: readonly string[];
  readonly leads: number;
  readonly rows: number;
  readonly keep?: boolean;
}

/** The command line: `npm run test:cluster -- --only kills,import`. */
const program = new Command('test:cluster')
  .description(
    'Starts a Temporal cluster on PostgreSQL on this machine, without containers, and tries the product on it.',
  )
  .option('--only <names>', 'scenarios to run, separated by commas; "none" only starts the cluster', readNames, names)
  .option('--leads <number>', 'leads of the scenario with kills', readWhole, 200)
  .option('--rows <number>', 'leads of the import', readWhole, 300)
  .option('--keep', 'keep the cluster running until Ctrl-C')
  .addHelpText(
    'after',
    `\nScenarios:\n${scenarios.map(({ name, about }) => `  ${name.padEnd(12)}${about}`).join('\n')}\n\n` +
      'Exit codes: 0 all rows are ok; 1 a row is not; 2 invalid options.',
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(async (options: Options) => {
    const results = await runScenarios(options);
    if (results.some(({ isOk }) => !isOk)) process.exitCode = 1;
  });

const startedAt = Date.now();
const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
});

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof BuildError || error instanceof PostgresError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function runScenarios({ only, leads, rows, keep }: Options): Promise<Result[]> {
  const programs = await buildServer(progress);
  const folder = await mkdtemp(join(tmpdir(), 'customer-journey-cluster-'));
  await chmod(folder, 0o711); // the user of PostgreSQL passes through it
  const processes = new Processes();
  const sandbox = await ClusterSandbox.start();
  const stop = async () => {
    await processes.endAll();
    await sandbox.stop();
  };
  void interrupted.then(async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
    process.exit(process.exitCode ?? 130);
  });
  const results: Result[] = [];
  try {
    progress(`starting PostgreSQL and Temporal ${programs.version} in ${folder}`);
    const cluster = await Cluster.start(programs, processes, { folder, onProgress: progress });
    const context = { cluster, processes, sandbox, folder, leads, rows, rate, onProgress: progress };
    for (const scenario of scenarios) if (only.includes(scenario.name)) results.push(...(await run(scenario, context)));
    console.log(`\n${tableOf(results)}\n\n${Math.round((Date.now() - startedAt) / 1000)} s`);
    if (keep) {
      console.log(`The cluster keeps running until Ctrl-C:\n\n  export TEMPORAL_ADDRESS=${cluster.address('a')}\n`);
      await new Promise(() => undefined);
    }
  } finally {
    await stop();
  }
  const isOk = results.every((result) => result.isOk);
  if (isOk) await rm(folder, { recursive: true, force: true });
  else console.log(`Logs: ${folder}`);
  return results;
}

async function run(scenario: Scenario, context: Context): Promise<Result[]> {
  const { name } = scenario;
  progress(`${name}: ${scenario.about}`);
  try {
    const rows = await scenario.run(context);
    return rows.map((row) => ({ ...row, scenario: name }));
  } catch (error) {
    console.error(error);
    return [{ scenario: name, what: 'runs to its end', expected: 'yes', seen: String(error), isOk: false }];
  }
}

function progress(line: string): void {
  console.error(`${String(Math.round((Date.now() - startedAt) / 1000)).padStart(4)} s  ${line}`);
}

function readNames(text: string): readonly string[] {
  const wanted = text.split(',');
  const unknown = wanted.filter((name) => name !== 'none' && !names.includes(name));
  if (unknown.length > 0) throw new InvalidArgumentError(`Must be some of: none, ${names.join(', ')}.`);
  return wanted;
}

function readWhole(text: string): number {
  const number = Number(text);
  if (!(Number.isSafeInteger(number) && number > 0)) throw new InvalidArgumentError('Must be a whole number above 0.');
  return number;
}
