import { defaultTuning, type WorkerTuning } from '../../../src/worker.js';
import { alternate, ratioOf, spreadOf } from '../harness/alternating.js';
import type { Part, PartOptions } from '../harness/command.js';
import { spreadText } from '../harness/table.js';
import { cpuDuring, usageOf } from '../harness/usage.js';
import { journeyFlow, runLeads } from '../stack/flows.js';
import { type BenchStack, openStack } from '../stack/stack.js';

type DynamicConfig = Record<string, string | number | boolean>;

/** A configuration of server, worker and Node. Omitted options have the product's defaults. */
interface Setting {
  readonly name: string;
  readonly server?: DynamicConfig;
  readonly journeys?: WorkerTuning['journeys'];
  readonly requests?: WorkerTuning['requests'];
  readonly nodeOptions?: readonly string[];
}

const product = 'product defaults';
const settings: readonly Setting[] = [
  { name: product },
  { name: 'server: 20 queue polls per second', server: { 'history.transferProcessorMaxPollRPS': 20 } },
  {
    name: 'server: 4 partitions per task queue',
    server: { 'matching.numTaskqueueReadPartitions': 4, 'matching.numTaskqueueWritePartitions': 4 },
  },
  { name: 'worker: 2 pollers per queue', ...pollers(2) },
  { name: 'worker: 20 pollers per queue', ...pollers(20) },
  {
    name: 'worker: autoscaling pollers',
    journeys: { workflowTaskPollerBehavior: { type: 'autoscaling' } },
    requests: { activityTaskPollerBehavior: { type: 'autoscaling' } },
  },
  { name: 'worker: cache smaller than the number of active journeys', journeys: { maxCachedWorkflows: 10 } },
  { name: "Node: V8's default young generation", nodeOptions: [] },
  { name: 'Node: smallest young generation', nodeOptions: ['--max-semi-space-size=1'] },
];

/** The SDK's default is 10. */
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
  about: 'server and worker settings, compared with the defaults; runs only if named',
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
      return resultOf(await alternate({ rounds, warmUps: 0, variants, onRound })); // each run warms up its own worker
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
    const nextLeads = (count: number) => Array.from({ length: count }, () => `lead_${sent++}`);
    const concurrency = 20;
    await runLeads(stack, flow, nextLeads(concurrency), concurrency); // warm-up: compiles code and opens connections
    const leadIds = nextLeads(leads);
    const began = performance.now();
    const cpu = await cpuDuring({ worker: worker.pid, server: stack.server.pid }, () =>
      runLeads(stack, flow, leadIds, concurrency),
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
        title: 'Settings: 20 concurrent journeys, server in memory, no request rate limit',
        columns: ['', 'journeys/s', 'rate ratio', 'server CPU ratio', 'worker CPU ratio', 'worker MB'],
        rows,
        notes: [
          'Median (min to max) of alternating runs. The ratios are to the defaults, within a round: above 1 is better for the rate, below 1 for CPU.',
        ],
      },
    ],
    goals: [],
    figures: { samples },
  };
}
