import { copyFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import proto from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { apiKey } from '../../../packages/chartmogul-sandbox/src/index.js';
import { dataConverter } from '../../../src/temporal/data-converter.js';
import { makeWorkflowBundle } from '../../../src/temporal/workflow-bundle.js';
import { type RecordedHistory, recordedHistories } from '../../temporal-server/replay.js';
// Silences the SDK's log, which is possible only once per process.
import '../../../test/support/temporal-server.js';
import { chartMogulTaskQueue } from '../../../src/workflows/messages.js';
import { alternate, percentile, ratioOf, spreadOf } from '../harness/alternating.js';
import type { Part, PartOptions } from '../harness/command.js';
import { startMeasured } from '../harness/process.js';
import { spreadText, type Table } from '../harness/table.js';
import { journeyBundle } from '../stack/bundles.js';
import { type BenchStack, openStack } from '../stack/stack.js';

const histories = fileURLToPath(new URL('../../../test/histories', import.meta.url));
const builtWorker = fileURLToPath(
  new URL('../../../.bench/build/tools/bench/stack/product-worker.js', import.meta.url),
);
const builtBundle = fileURLToPath(new URL('../../../.bench/build/src/workflow-bundle.js', import.meta.url));
const historyNames = ['smooth', 'dates-put-back', 'attention'] as const;

export const replayPart: Part = {
  name: 'replay',
  about: 'time to replay a history, to bundle the workflows, and to start a worker',
  async run({ quick, onProgress }: PartOptions) {
    const [rounds, copies] = quick ? [5, 1] : [7, 20];
    const recorded: RecordedHistory[] = [];
    for await (const history of recordedHistories(histories)) recorded.push(history);
    const codePath = await journeyBundle();
    onProgress('replay: replaying …');
    const replays = await alternate({
      rounds,
      variants: Object.fromEntries(
        historyNames.map((name) => {
          const history = recorded.find(({ file }) => file.endsWith(`/${name}.json`));
          if (!history) throw new Error(`Missing in test/histories: ${name}.json`);
          return [name, () => replayMs(codePath, history, copies)];
        }),
      ),
    });
    onProgress('replay: bundling, starting workers …');
    const { bundle } = await alternate({ rounds: 5, variants: { bundle: () => timed(makeWorkflowBundle) } });
    const starts = await measureStarts(codePath);
    const { code } = await makeWorkflowBundle();
    return resultOf({
      recorded,
      replays,
      bundle,
      starts,
      size: { bytes: code.length, gzipped: gzipSync(code).length },
    });
  },
};

/** Milliseconds per replay, in one worker, without its start and shutdown. */
async function replayMs(codePath: string, { history, workflowId }: RecordedHistory, copies: number): Promise<number> {
  let began = 0;
  let ended = 0;
  async function* copiesOfHistory() {
    for (let copy = -1; copy < copies; copy += 1) yield { workflowId: `${workflowId}-${copy}`, history };
  }
  const replaying = Worker.runReplayHistories(
    { workflowBundle: { codePath }, dataConverter: dataConverter() },
    copiesOfHistory(),
  );
  for await (const { error } of replaying) {
    if (error) throw error;
    ended = performance.now();
    if (began === 0) began = ended; // the first replay is the warm-up
  }
  return (ended - began) / copies;
}

async function timed(task: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await task();
  return performance.now() - began;
}

/** Measures the time from process start to first poll, with a prebuilt bundle and with bundling at start. */
async function measureStarts(codePath: string) {
  const stack = await openStack();
  try {
    return await alternate({
      rounds: 5,
      warmUps: 0,
      variants: {
        async built() {
          await copyFile(codePath, builtBundle);
          return untilFirstPoll(stack).finally(() => rm(builtBundle));
        },
        fromSource: () => untilFirstPoll(stack),
      },
    });
  } finally {
    await stack.close();
  }
}

let accounts = 0;

async function untilFirstPoll({ server, client, sandbox }: BenchStack): Promise<number> {
  const account = `start-${accounts}`; // a task queue without pollers
  accounts += 1;
  const began = performance.now();
  const worker = await startMeasured(builtWorker, {
    env: {
      TEMPORAL_ADDRESS: server.address,
      CHARTMOGUL_API_KEY: apiKey,
      CHARTMOGUL_URL: sandbox.url,
      JOURNEY_ACCOUNT: account,
      LOG_LEVEL: 'error',
      WORKER_OPERATIONS_PORT: '0',
    },
  });
  const { TASK_QUEUE_TYPE_ACTIVITY: taskQueueType } = proto.temporal.api.enums.v1.TaskQueueType;
  const polled = async () => {
    const { namespace } = server;
    const taskQueue = { name: chartMogulTaskQueue(account) };
    const { pollers } = await client.workflowService.describeTaskQueue({ namespace, taskQueue, taskQueueType });
    return (pollers ?? []).length > 0;
  };
  while (!(await Promise.race([polled(), worker.ended]))) await sleep(5);
  const ms = performance.now() - began;
  await worker.stop();
  return ms;
}

interface Measurements {
  readonly recorded: readonly RecordedHistory[];
  readonly replays: Readonly<Record<string, number[]>>;
  readonly bundle: readonly number[];
  readonly starts: { readonly built: number[]; readonly fromSource: number[] };
  readonly size: { readonly bytes: number; readonly gzipped: number };
}

function resultOf({ recorded, replays, bundle, starts, size }: Measurements) {
  const eventsOf = (name: string) =>
    recorded.find(({ file }) => file.endsWith(`/${name}.json`))?.history.events?.length ?? Number.NaN;
  const table: Table = {
    title: 'Replay, bundling, worker start',
    columns: ['', 'median (min to max)'],
    rows: [
      ...Object.entries(replays).map(([name, ms]) => [
        `replay of ${name} (${eventsOf(name)} events), ms`,
        spreadText(spreadOf(ms), 2),
      ]),
      ['bundling the workflows, ms', spreadText(spreadOf(bundle), 0)],
      ['bundle size, kB', `${(size.bytes / 1000).toFixed(0)} (${(size.gzipped / 1000).toFixed(0)} gzipped)`],
      ['worker start to first poll, prebuilt bundle, ms', spreadText(spreadOf(starts.built), 0)],
      ['worker start to first poll, bundling at start, ms', spreadText(spreadOf(starts.fromSource), 0)],
      ['ratio of the two starts', spreadText(ratioOf(starts.built, starts.fromSource))],
    ],
    notes: [
      `npm test replays ${recorded.length} histories. Waking an evicted journey costs one replay, in addition to fetching its history.`,
    ],
  };
  const perEvent = percentile(
    Object.entries(replays).map(([name, ms]) => percentile(ms, 50) / eventsOf(name)),
    50,
  );
  return { tables: [table], goals: [], figures: { replays, msPerEvent: perEvent, bundleMs: bundle, size, starts } };
}
