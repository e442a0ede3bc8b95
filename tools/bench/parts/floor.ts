import { alternate, ratioOf, spreadOf } from '../harness/alternating.js';
import type { Part, PartOptions } from '../harness/command.js';
import { spreadText, type Table } from '../harness/table.js';
import { cpuDuring } from '../harness/usage.js';
import { floorFlow, journeyFlow, type LeadFlow, runLeads } from '../stack/flows.js';
import { openStack } from '../stack/stack.js';

type Variant = 'journey' | 'get' | 'nothing';

/** One run: so many leads from their first report to their end. */
interface Sample {
  readonly perSecond: number;
  /** Milliseconds a journey. */
  readonly cpuMs: { readonly worker: number; readonly server: number; readonly here: number };
}

export const floorPart: Part = {
  name: 'floor',
  about: 'journeys a second against workflows that only wait and ask, and what each costs the processor',
  async run({ quick, onProgress }: PartOptions) {
    const [rounds, leads, atOnce] = quick ? [5, 16, 16] : [7, 100, 20];
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
        const cpu = await cpuDuring({ worker, server: stack.server.pid, here: process.pid }, () =>
          runLeads(stack, flow, leadIds, atOnce),
        );
        const seconds = (performance.now() - began) / 1000;
        const each = (ms: number) => ms / leads;
        return {
          perSecond: leads / seconds,
          cpuMs: { worker: each(cpu.worker), server: each(cpu.server), here: each(cpu.here) },
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
      return resultOf(samples, atOnce);
    } finally {
      await stack.close();
    }
  },
};

function resultOf(samples: Record<Variant, Sample[]>, atOnce: number) {
  const rates = (variant: Variant) => samples[variant].map(({ perSecond }) => perSecond);
  const ratio = { get: ratioOf(rates('journey'), rates('get')), nothing: ratioOf(rates('journey'), rates('nothing')) };
  const cpu = (variant: Variant, of: keyof Sample['cpuMs']) => spreadOf(samples[variant].map(({ cpuMs }) => cpuMs[of]));
  const product = (variant: Variant) => samples[variant].map(({ cpuMs }) => cpuMs.worker + cpuMs.server);
  const cpuRatio = {
    get: ratioOf(product('get'), product('journey')),
    nothing: ratioOf(product('nothing'), product('journey')),
  };
  const row = (name: string, variant: Variant, toIt: readonly string[]) => [
    name,
    spreadText(spreadOf(rates(variant)), 1),
    ...toIt,
    ...(['worker', 'server', 'here'] as const).map((of) => spreadText(cpu(variant, of), 1)),
  ];
  const table: Table = {
    title: `Floor: ${atOnce} journeys under way at once, server in memory, queue rate off`,
    columns: ['', 'journeys/s', 'rate to it', 'CPU to it', 'worker CPU ms', 'server CPU ms', 'bench CPU ms'],
    rows: [
      row('customerJourney', 'journey', ['', '']),
      row('floor, each activity a GET', 'get', [spreadText(ratio.get), spreadText(cpuRatio.get)]),
      row('floor, activities that do nothing', 'nothing', [spreadText(ratio.nothing), spreadText(cpuRatio.nothing)]),
    ],
    notes: [
      `Median (min to max) of ${ratio.get.runs} alternating runs; ratios within a round; CPU a journey. Both ratios: 1 is as good as the floor.`,
      'The floor has the same signals, activities, upserts and workflow tasks, and no rules, texts or ChartMogul.',
      'The CPU ratio is of worker and server together; it holds also where other programs take turns with ours.',
      'The bench itself sends the reports, and serves the bare route or the sandbox.',
    ],
  };
  const measured = spreadText(ratio.get);
  const goal = { name: 'floor ratio', target: '>= 0.9', measured, isMet: ratio.get.median >= 0.9 };
  return { tables: [table], goals: [goal], figures: { ratio, cpuRatio, samples } };
}
