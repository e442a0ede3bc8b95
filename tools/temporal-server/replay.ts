import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type History, historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { type ReplayWorkerOptions, Worker } from '@temporalio/worker';
import { dataConverter } from '../../src/temporal/data-converter.js';

const packageFolder = fileURLToPath(new URL('../..', import.meta.url));

/** A workflow bundle, from `bundleWorkflowCode` or from a file. */
export type WorkflowBundle = NonNullable<ReplayWorkerOptions['workflowBundle']>;

export interface RecordedHistory {
  /** Path of the file, relative to the given folder. */
  readonly file: string;
  readonly workflowId: string;
  readonly history: History;
}

/**
 * Runs workflow code against the history of an earlier run, without a server.
 *
 * @throws DeterminismViolationError if the code now behaves differently
 */
export async function replayHistory(
  workflowBundle: WorkflowBundle,
  history: History,
  workflowId = workflowIdOf(history),
): Promise<void> {
  await Worker.runReplayHistory({ workflowBundle, dataConverter: dataConverter() }, history, workflowId);
}

/** Replays every recorded history below a folder, with one worker; `error` is why a replay failed. */
export async function* replayHistories(
  workflowBundle: WorkflowBundle,
  folder: string,
): AsyncGenerator<{ readonly file: string; readonly error: Error | undefined }> {
  const named = (async function* () {
    for await (const { file, history } of recordedHistories(folder)) yield { workflowId: file, history };
  })();
  const options = { workflowBundle, dataConverter: dataConverter() };
  for await (const { workflowId: file, error } of Worker.runReplayHistories(options, named)) yield { file, error };
}

/** Reads every `*.json` history at any depth under a folder, in path order. */
export async function* recordedHistories(folder: string): AsyncGenerator<RecordedHistory> {
  const paths = await readdir(folder, { recursive: true });
  for (const file of paths.filter((path) => path.endsWith('.json')).sort()) {
    const history = await readHistory(join(folder, file));
    yield { file, history, workflowId: workflowIdOf(history) };
  }
}

/** Reads one history from the JSON that {@link writeHistory}, the Temporal CLI or the Web UI wrote. */
export async function readHistory(file: string): Promise<History> {
  return historyFromJSON(JSON.parse(await readFile(file, 'utf8')));
}

/** Writes a history, as `handle.fetchHistory()` gives it, for later replays. */
export async function writeHistory(file: string, history: History): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${historyOfNoMachine(history)}\n`);
}

/**
 * A history as JSON, without details of the recording machine: its host name in identities, and in stack traces the
 * paths of the package and of its dependencies, which may be installed elsewhere.
 */
export function historyOfNoMachine(history: History): string {
  return historyToJSON(history)
    .replaceAll(pathToFileURL(packageFolder).href, '')
    .replaceAll(packageFolder, '')
    .replace(/\((?:[^()\s"]*?\/)?node_modules\//g, '(node_modules/')
    .replaceAll(`@${hostname()}`, '@recorder');
}

function workflowIdOf(history: History): string {
  const workflowId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowId;
  if (!workflowId) throw new TypeError('The history does not begin with a WorkflowExecutionStarted event.');
  return workflowId;
}
