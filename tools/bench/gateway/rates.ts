import { alternate, ratioOf, spreadOf } from '../harness/alternating.js';
import type { Part, PartOptions } from '../harness/command.js';
import type { Goal } from '../harness/report.js';
import { spreadText, type Table } from '../harness/table.js';
import { atOnce, inBatch, openVariants, type Sample, type Variant, variants } from './variants.js';

const names: Readonly<Record<Variant, string>> = {
  route: 'bare fastify route',
  script: 'signalWithStart from a script',
  events: 'POST /v1/events',
  batch: `POST /v1/events/batch, ${inBatch} each`,
};

/** How much of what a script gets into Temporal shall get in over HTTP. */
const wantedRatio = 0.8;

export const ratesPart: Part = {
  name: 'rates',
  about: 'events a second over HTTP, against signalWithStart from a script and a route that does nothing',
  async run({ quick, onProgress }: PartOptions) {
    const [rounds, events] = quick ? [5, 640] : [7, 960];
    onProgress('rates: starting Temporal and the gateway …');
    const { measure, close } = await openVariants(events);
    try {
      const samples = await alternate({
        rounds,
        variants: measure,
        onRound: (round, of) => onProgress(`rates: round ${round + 1} of ${of} …`),
      });
      return resultOf(samples, events);
    } finally {
      await close();
    }
  },
};

function resultOf(samples: Record<Variant, Sample[]>, events: number) {
  const rates = (variant: Variant) => samples[variant].map(({ perSecond }) => perSecond);
  const spread = (variant: Variant, figure: (sample: Sample) => number, digits = 0) =>
    spreadText(spreadOf(samples[variant].map(figure)), digits);
  const ratio = { events: ratioOf(rates('events'), rates('script')), batch: ratioOf(rates('batch'), rates('script')) };
  const ratios: Partial<Record<Variant, string>> = { events: spreadText(ratio.events), batch: spreadText(ratio.batch) };
  const table: Table = {
    title: `Rates: ${events} events a run, ${atOnce} under way at once, each the first of its lead`,
    columns: [
      ...['', 'events/s', 'to the script', 'p50 ms', 'p99 ms'],
      ...['its CPU ms', "Temporal's CPU ms", "bench's CPU ms"],
    ],
    rows: variants.map((variant) => [
      names[variant],
      spread(variant, ({ perSecond }) => perSecond),
      ratios[variant] ?? '',
      spread(variant, ({ latencyMs }) => latencyMs.median),
      spread(variant, ({ latencyMs }) => latencyMs.p99),
      ...(['itself', 'temporal', 'bench'] as const).map((of) => spread(variant, ({ cpuMs }) => cpuMs[of], 2)),
    ]),
    notes: [
      `Median (min to max) of ${ratio.events.runs} alternating runs; ratios within a round; CPU an event; latency a request.`,
      'Gateway (the build, with a key), script, route and Temporal (in memory) are processes of their own; so is autocannon, which shares their cores.',
      'The script sends the same workflow, signal, search attributes and summary. No worker runs: the journeys wait.',
    ],
  };
  const goal = (what: string, of: 'events' | 'batch'): Goal => ({
    name: `${what} to signalWithStart`,
    target: `>= ${wantedRatio}`,
    measured: spreadText(ratio[of]),
    isMet: ratio[of].median >= wantedRatio,
  });
  return {
    tables: [table],
    goals: [goal('/v1/events', 'events'), goal('/v1/events/batch', 'batch')],
    figures: { ratio, samples },
  };
}
