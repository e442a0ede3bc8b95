import { alternate, ratioOf, spreadOf } from '../harness/alternating.js';
import type { Part, PartOptions } from '../harness/command.js';
import { spreadText, type Table } from '../harness/table.js';
import { cpuDuring } from '../harness/usage.js';
import { floorFlow, journeyFlow, type LeadFlow, runLeads } from '../stack/flows.js';
import { openStack } from '../stack/stack.js';

type Variant = 'journey' | 'get' | 'nothing';

/** One run of all leads, from the first fact to the end. */
interface Sample {
  readonly perSecond: number;
  /** CPU milliseconds per journey. */
  readonly cpuMs: { readonly worker: number; readonly server: number; readonly bench: number };
}

export const floorPart: Part = {
  name: 'floor',
  about: 'journeys per second and CPU time per journey, compared with a minimal workflow',
  async run({ quick, onProgress }: PartOptions) {
    const [rounds, leads, concurrency] = quick ? [5, 16, 16] : [7, 100, 20];
    const stack = await openStack();
    try {
      onProgress('floor: starting workers …');
      const workers = { journey: await stack.startWorker(), floor: await stack.startFloorWorker() };
      let sent = 0;
      const nextLeads = () => Array.from({ length: leads }, (_, index) => `lead_${sent + index}`);
      const measure = (flow: LeadFlow, worker: number) => async (): Promise<Sample> => {
        const leadIds = nextLeads();
        sent += leads;
        const began = performance.now();
        const cpu = await cpuDuring({ worker, server: stack.server.pid, bench: process.pid }, () =>
          runLeads(stack, flow, leadIds, concurrency),
        );
        const seconds = (performance.now() - began) / 1000;
        const each = (ms: number) => ms / leads;
        return {
          perSecond: leads / seconds,
          cpuMs: { worker: each(cpu.worker), server: each(cpu.server), bench: each(cpu.bench) },
        };
      };
      const samples = await alternate({
        rounds,
        variants: {
          journey: measure(journeyFlow(stack), workers.journey.pid),
          get: measure(floorFlow(stack, workers.floor, 'get'), workers.floor.pid),
          nothing: measure(floorFlow(stack, workers.floor, 'nothing'), workers.floor.pid),
        },
        onRound: (round, of) => onProgress(`floor: round ${round + 1} of ${of} …`),
      });
      return resultOf(samples, concurrency);
    } finally {
      await stack.close();
    }
  },
};

function resultOf(samples: Record<Variant, Sample[]>, concurrency: number) {
  const rates = (variant: Variant) => samples[variant].map(({ perSecond }) => perSecond);
  const ratio = { get: ratioOf(rates('journey'), rates('get')), nothing: ratioOf(rates('journey'), rates('nothing')) };
  const cpu = (variant: Variant, of: keyof Sample['cpuMs']) => spreadOf(samples[variant].map(({ cpuMs }) => cpuMs[of]));
  const totalCpu = (variant: Variant) => samples[variant].map(({ cpuMs }) => cpuMs.worker + cpuMs.server);
  const cpuRatio = {
    get: ratioOf(totalCpu('get'), totalCpu('journey')),
    nothing: ratioOf(totalCpu('nothing'), totalCpu('journey')),
  };
  const row = (name: string, variant: Variant, ratios: readonly string[]) => [
    name,
    spreadText(spreadOf(rates(variant)), 1),
    ...ratios,
    ...(['worker', 'server', 'bench'] as const).map((of) => spreadText(cpu(variant, of), 1)),
  ];
  const table: Table = {
    title: `Floor: ${concurrency} concurrent journeys, server in memory, no request rate limit`,
    columns: ['', 'journeys/s', 'rate ratio', 'CPU ratio', 'worker CPU ms', 'server CPU ms', 'bench CPU ms'],
    rows: [
      row('customerJourney', 'journey', ['', '']),
      row('floor, one GET per activity', 'get', [spreadText(ratio.get), spreadText(cpuRatio.get)]),
      row('floor, empty activities', 'nothing', [spreadText(ratio.nothing), spreadText(cpuRatio.nothing)]),
    ],
    notes: [
      `Median (min to max) of ${ratio.get.runs} alternating runs. CPU time is per journey.`,
      'Rate ratio: journey rate divided by floor rate. CPU ratio: floor CPU time divided by journey CPU time. Both are within a round; 1 means as good as the floor.',
      'The floor has the same signals, activities, upserts and workflow tasks, but no rules, summaries or ChartMogul requests.',
      'The CPU ratio covers worker and server together. It is also valid while other programs use the machine.',
      'The bench process sends the signals and serves the bare route and the ChartMogul sandbox.',
    ],
  };
  const measured = spreadText(ratio.get);
  const goal = { name: 'rate ratio to the floor', target: '>= 0.9', measured, isMet: ratio.get.median >= 0.9 };
  return { tables: [table], goals: [goal], figures: { ratio, cpuRatio, samples } };
}
