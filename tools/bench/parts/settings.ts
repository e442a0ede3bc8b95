import { defaultTuning, type WorkerTuning } from '../../../src/worker.js';
import { alternate, ratioOf, spreadOf } from '../harness/alternating.js';
import type { Part, PartOptions } from '../harness/command.js';
import { spreadText } from '../harness/table.js';
import { cpuDuring, usageOf } from '../harness/usage.js';
import { journeyFlow, runLeads } from '../stack/flows.js';
import { type BenchStack, openStack } from '../stack/stack.js';

type DynamicConfig = Record<string, string | number | boolean>;

/** One way to set server and worker up. What is left out is the product's default. */
interface Setting {
  readonly name: string;
  readonly server?: DynamicConfig;
  readonly journeys?: WorkerTuning['journeys'];
  readonly requests?: WorkerTuning['requests'];
  readonly nodeOptions?: readonly string[];
}

const product = 'the defaults of the product';
const settings: readonly Setting[] = [
  { name: product },
  { name: 'server: 20 queue polls a second', server: { 'history.transferProcessorMaxPollRPS': 20 } },
  {
    name: 'server: 4 partitions a task queue',
    server: { 'matching.numTaskqueueReadPartitions': 4, 'matching.numTaskqueueWritePartitions': 4 },
  },
  { name: 'worker: 2 pollers a queue', ...pollers(2) },
  { name: 'worker: 20 pollers a queue', ...pollers(20) },
  {
    name: 'worker: autoscaling pollers',
    journeys: { workflowTaskPollerBehavior: { type: 'autoscaling' } },
    requests: { activityTaskPollerBehavior: { type: 'autoscaling' } },
  },
  { name: 'worker: a cache smaller than what is under way', journeys: { maxCachedWorkflows: 10 } },
  { name: 'Node: a young generation as V8 has it', nodeOptions: [] },
  { name: 'Node: the smallest young generation', nodeOptions: ['--max-semi-space-size=1'] },
];

/** The SDK's own number is 10. */
function pollers(maximum: number): Pick<Setting, 'journeys' | 'requests'> {
  const behavior = { type: 'simple-maximum', maximum } as const;
  return { journeys: { workflowTaskPollerBehavior: behavior }, requests: { activityTaskPollerBehavior: behavior } };
}

interface Sample {
  readonly perSecond: number;
  readonly cpuMs: { readonly worker: number; readonly server: number };
  readonly workerMb: number;
}

export const settingsPart: Part = {
  name: 'settings',
  about: 'settings of server and worker, each against the defaults; only if named',
  onlyIfNamed: true,
  async run({ quick, onProgress }: PartOptions) {
    const [rounds, leads] = quick ? [5, 40] : [7, 100];
    const stacks: BenchStack[] = [];
    try {
      const variants: Record<string, () => Promise<Sample>> = {};
      for (const setting of settings) {
        const stack = setting.server
          ? await openStack({ server: { dynamicConfig: setting.server } })
          : (stacks[0] ?? (await openStack()));
        if (!stacks.includes(stack)) stacks.push(stack);
        variants[setting.name] = () => measure(stack, setting, leads);
      }
      const onRound = (round: number, of: number) => onProgress(`settings: round ${round + 1} of ${of} …`);
      return resultOf(await alternate({ rounds, warmUps: 0, variants, onRound })); // each warms its own worker up
    } finally {
      for (const stack of stacks) await stack.close();
    }
  },
};

let sent = 0;

async function measure(stack: BenchStack, setting: Setting, leads: number): Promise<Sample> {
  const tuning: WorkerTuning = {
    journeys: { ...defaultTuning.journeys, ...setting.journeys },
    requests: { ...defaultTuning.requests, ...setting.requests },
  };
  const { nodeOptions } = setting;
  const worker = await stack.startWorker({ tuning, ...(nodeOptions && { nodeOptions }) });
  try {
    const flow = journeyFlow(stack);
    const next = (count: number) => Array.from({ length: count }, () => `lead_${sent++}`);
    const atOnce = 20;
    await runLeads(stack, flow, next(atOnce), atOnce); // code is compiled, connections are made
    const leadIds = next(leads);
    const began = performance.now();
    const cpu = await cpuDuring({ worker: worker.pid, server: stack.server.pid }, () =>
      runLeads(stack, flow, leadIds, atOnce),
    );
    return {
      perSecond: (leads * 1000) / (performance.now() - began),
      cpuMs: { worker: cpu.worker / leads, server: cpu.server / leads },
      workerMb: (await usageOf(worker.pid)).residentMb,
    };
  } finally {
    await worker.stop();
  }
}

function resultOf(samples: Readonly<Record<string, Sample[]>>) {
  const rates = (name: string) => (samples[name] ?? []).map(({ perSecond }) => perSecond);
  const cpu = (name: string, of: keyof Sample['cpuMs']) => (samples[name] ?? []).map(({ cpuMs }) => cpuMs[of]);
  const rows = Object.keys(samples).map((name) => [
    name,
    spreadText(spreadOf(rates(name)), 1),
    spreadText(ratioOf(rates(name), rates(product))),
    ...(['server', 'worker'] as const).map((of) => spreadText(ratioOf(cpu(name, of), cpu(product, of)))),
    spreadText(spreadOf((samples[name] ?? []).map(({ workerMb }) => workerMb)), 0),
  ]);
  return {
    tables: [
      {
        title: 'Settings: 20 journeys under way at once, server in memory, queue rate off',
        columns: ['', 'journeys/s', 'rate to the defaults', 'server CPU to it', 'worker CPU to it', 'worker MB'],
        rows,
        notes: [
          'Median (min to max) of alternating runs, ratios within a round. Above 1 is better for the rate, below for CPU.',
        ],
      },
    ],
    goals: [],
    figures: { samples },
  };
}
