import { alternate, ratioOf, spreadOf } from '../harness/alternating.js';
import type { Part, PartOptions } from '../harness/command.js';
import type { Goal } from '../harness/report.js';
import { spreadText, type Table } from '../harness/table.js';
import { batchSize, concurrency, openVariants, type Sample, type Variant, variants } from './variants.js';

const names: Readonly<Record<Variant, string>> = {
  route: 'bare fastify route',
  script: 'signalWithStart from a script',
  events: 'POST /v1/events',
  batch: `POST /v1/events/batch, ${batchSize} each`,
};

/** The target for the gateway's rate, relative to the script's. */
const targetRatio = 0.8;

export const ratesPart: Part = {
  name: 'rates',
  about: 'events per second over HTTP, compared with signalWithStart from a script and a bare route',
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
    title: `Rates: ${events} events per run, each of a new lead, ${concurrency} concurrent requests`,
    columns: [
      ...['', 'events/s', 'relative to the script', 'p50 ms', 'p99 ms'],
      ...['own CPU ms per event', "Temporal's CPU ms per event", 'bench CPU ms per event'],
    ],
    rows: variants.map((variant) => [
      names[variant],
      spread(variant, ({ perSecond }) => perSecond),
      ratios[variant] ?? '',
      spread(variant, ({ latencyMs }) => latencyMs.median),
      spread(variant, ({ latencyMs }) => latencyMs.p99),
      ...(['own', 'temporal', 'bench'] as const).map((of) => spread(variant, ({ cpuMs }) => cpuMs[of], 2)),
    ]),
    notes: [
      `Median (min to max) of ${ratio.events.runs} alternating runs. Ratios are within a round; latency is per request.`,
      'The gateway (the build, with a key), the script, the route, Temporal (in memory) and autocannon are separate processes on the same cores.',
      'The script sends the same workflow, signal, search attributes and summary. No worker runs, so the journeys wait.',
    ],
  };
  const goal = (path: string, of: 'events' | 'batch'): Goal => ({
    name: `${path}, ratio to signalWithStart`,
    target: `>= ${targetRatio}`,
    measured: spreadText(ratio[of]),
    isMet: ratio[of].median >= targetRatio,
  });
  return {
    tables: [table],
    goals: [goal('/v1/events', 'events'), goal('/v1/events/batch', 'batch')],
    figures: { ratio, samples },
  };
}
