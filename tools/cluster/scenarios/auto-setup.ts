import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findServerBinary } from '../../temporal-server/binary.js';
import type { Context, Row, Scenario } from '../context.js';
import { EarlyExitError } from '../processes.js';
import { Product } from '../product.js';

/** What the image `temporalio/auto-setup` adds to its namespace. On SQL, they use one of three columns for dates. */
const attributes = {
  CustomKeywordField: 'Keyword',
  CustomStringField: 'Text',
  CustomTextField: 'Text',
  CustomIntField: 'Int',
  CustomDatetimeField: 'Datetime',
  CustomDoubleField: 'Double',
  CustomBoolField: 'Bool',
};

export const autoSetup: Scenario = {
  name: 'auto-setup',
  about: "a namespace as Temporal's auto-setup image makes it: the worker starts, or prints a remedy that works",
  async run(context) {
    const product = await Product.in(context, 'auto-setup');
    const flags = Object.entries(attributes).flatMap(([name, type]) => ['--name', name, '--type', type]);
    const create = ['operator', 'search-attribute', 'create', ...flags];
    await context.cluster.temporal(create, { namespace: product.namespace });
    try {
      return [await startsOrHelps(context, product)];
    } finally {
      await product.stop();
    }
  },
};

/** Starts a worker. If it exits, runs the commands that it prints, and starts it again. */
export async function startsOrHelps(context: Context, product: Product, env = product.env()): Promise<Row> {
  const row = { what: 'worker starts, or prints a remedy that works', expected: 'started' };
  try {
    await product.startWorker(1);
    return { ...row, seen: 'started', isOk: true };
  } catch (error) {
    if (!(error instanceof EarlyExitError)) throw error;
    const { exitCode, output } = error;
    context.onProgress(`the worker exits with ${exitCode}:\n${output}`);
    const commands = output.split('\n').flatMap((line) => /^\s*(temporal .*)$/.exec(line)?.[1] ?? []);
    const seen = `exit ${exitCode}; ran ${commands.length} printed commands`;
    try {
      if (commands.length === 0) throw new Error(`it prints no command: ${output}`);
      for (const command of commands) await runPrinted(command, env);
      await product.startWorker(1);
      return { ...row, seen: `${seen}; started`, isOk: true };
    } catch (remedyError) {
      return { ...row, seen: `${seen}; then: ${messageOf(remedyError)}`, isOk: false };
    }
  }
}

/** Runs a command as a person would paste it, and confirms what it asks. */
async function runPrinted(command: string, env: Readonly<Record<string, string>>): Promise<void> {
  const { PATH = '', HOME = '' } = process.env;
  const script = `temporal() { "$TEMPORAL" "$@"; }; yes | ${command}`;
  const TEMPORAL = await findServerBinary();
  await promisify(execFile)('sh', ['-c', script], { env: { PATH, HOME, ...env, TEMPORAL }, timeout: 30_000 });
}

function messageOf(error: unknown): string {
  const { stderr = '', message = '' } = error as { stderr?: string; message?: string };
  return stderr.trim() || message;
}
