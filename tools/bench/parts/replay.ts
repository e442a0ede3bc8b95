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
// Makes the SDK of this process quiet, which can be done only once.
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
const named = ['smooth', 'dates-put-back', 'attention'] as const;

export const replayPart: Part = {
  name: 'replay',
  about: 'milliseconds to replay a history, to bundle the workflows, and to start a worker',
  async run({ quick, onProgress }: PartOptions) {
    const [rounds, copies] = quick ? [5, 1] : [7, 20];
    const recorded: RecordedHistory[] = [];
    for await (const history of recordedHistories(histories)) recorded.push(history);
    const codePath = await journeyBundle();
    onProgress('replay: replaying …');
    const replays = await alternate({
      rounds,
      variants: Object.fromEntries(
        named.map((name) => {
          const history = recorded.find(({ file }) => file.endsWith(`/${name}.json`));
          if (!history) throw new Error(`test/histories has no ${name}.json`);
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

/** Milliseconds a replay, in one worker, without the worker's own start and end. */
async function replayMs(codePath: string, { history, workflowId }: RecordedHistory, copies: number): Promise<number> {
  let began = 0;
  let ended = 0;
  async function* again() {
    for (let copy = -1; copy < copies; copy += 1) yield { workflowId: `${workflowId}-${copy}`, history };
  }
  const replaying = Worker.runReplayHistories(
    { workflowBundle: { codePath }, dataConverter: dataConverter() },
    again(),
  );
  for await (const { error } of replaying) {
    if (error) throw error;
    ended = performance.now();
    if (began === 0) began = ended; // the first one is the warm-up
  }
  return (ended - began) / copies;
}

async function timed(task: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await task();
  return performance.now() - began;
}

/** From the start of the process until Temporal has its first poll, with the bundle that the build makes, and without. */
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
  const account = `start-${accounts}`; // a queue that nobody has polled before
  accounts += 1;
  const began = performance.now();
  const worker = await startMeasured(builtWorker, {
    env: {
      TEMPORAL_ADDRESS: server.address,
      CHARTMOGUL_API_KEY: apiKey,
      CHARTMOGUL_URL: sandbox.url,
      JOURNEY_ACCOUNT: account,
      LOG_LEVEL: 'error',
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

interface Found {
  readonly recorded: readonly RecordedHistory[];
  readonly replays: Readonly<Record<string, number[]>>;
  readonly bundle: readonly number[];
  readonly starts: { readonly built: number[]; readonly fromSource: number[] };
  readonly size: { readonly bytes: number; readonly gzipped: number };
}

function resultOf({ recorded, replays, bundle, starts, size }: Found) {
  const eventsOf = (name: string) =>
    recorded.find(({ file }) => file.endsWith(`/${name}.json`))?.history.events?.length ?? Number.NaN;
  const table: Table = {
    title: 'Replay, bundle, start',
    columns: ['', 'median (min to max)'],
    rows: [
      ...Object.entries(replays).map(([name, ms]) => [
        `replay of ${name} (${eventsOf(name)} events), ms`,
        spreadText(spreadOf(ms), 2),
      ]),
      ['bundle of the workflows, ms', spreadText(spreadOf(bundle), 0)],
      ['bundle, kB', `${(size.bytes / 1000).toFixed(0)} (${(size.gzipped / 1000).toFixed(0)} gzipped)`],
      ['worker until its first poll, ms', spreadText(spreadOf(starts.built), 0)],
      ['the same, bundling at start, ms', spreadText(spreadOf(starts.fromSource), 0)],
      ['start with the built bundle, to bundling', spreadText(ratioOf(starts.built, starts.fromSource))],
    ],
    notes: [
      `${recorded.length} histories are replayed by npm test. A replay is what an evicted journey costs when it is woken, beside fetching it.`,
    ],
  };
  const perEvent = percentile(
    Object.entries(replays).map(([name, ms]) => percentile(ms, 50) / eventsOf(name)),
    50,
  );
  return { tables: [table], goals: [], figures: { replays, msPerEvent: perEvent, bundleMs: bundle, size, starts } };
}
