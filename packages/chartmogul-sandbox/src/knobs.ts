import { z } from 'zod';

const milliseconds = z.number().int().min(0);
const count = z.number().int().min(0);

// Defaults follow the recordings where there are any, else the likeliest behaviour; docs/sandbox.md tells which is which.
const shape = {
  latencyMs: milliseconds.default(0).describe('wait this long before handling a request'),
  nameRequired: z.boolean().default(false).describe('refuse to create a customer without a name'),
  ingestDelayMs: milliseconds.default(2_000).describe('from a payment to the record of the billing integration'),
  mergeDelayMs: milliseconds.default(3_000).describe('from the 202 of a merge or unmerge to its effect'),
  mergeAfterReads: count.default(0).describe('merged from the n-th GET of the payer by uuid; 0: by mergeDelayMs'),
  mergeDates: z
    .enum(['primary_wins', 'fill_null_from_secondary', 'earliest'])
    .default('primary_wins')
    .describe('which lead and trial dates the survivor of a merge has'),
  stripeTrialSetsLeadDate: z.boolean().default(true).describe('a trial in Stripe sets the lead date too'),
  autoMerge: z
    .enum(['off', 'external_id'])
    .default('off')
    .describe('merge an ingested customer with records of the same external id'),
  mergedUuid: z.enum(['404', 'follow']).default('404').describe('what a merged-away uuid answers'),
  mergedExternalId: z
    .enum(['found', 'absent'])
    .default('found')
    .describe('whether a merged-away external id finds the survivor'),
  secondMerge: z.enum(['404', '422', '202']).default('404').describe('what merging an already merged record answers'),
  rateLimitPerSecond: count.default(40).describe('requests a second before 429; 0: no limit'),
  maxParallel: count.default(20).describe('requests under way at once before 503; 0: no limit'),
  unknownSource: z
    .enum(['404', '422'])
    .default('422')
    .describe('what creating a customer in an unknown data source answers'),
  futureDates: z.enum(['accept', 'refuse']).default('accept').describe('lead and trial dates that lie in the future'),
  nullDates: z.enum(['clear', 'ignore']).default('clear').describe('what a null lead or trial date in a PATCH does'),
  zonelessOffsetMinutes: z
    .number()
    .int()
    .min(-720)
    .max(840)
    .default(0)
    .describe('zone of a date that names none, in minutes east of UTC'),
  removedAttributes: z
    .enum(['204', '200'])
    .default('204')
    .describe('what removing custom attributes answers: nothing, or those that are left'),
  mergedTag: z.boolean().default(false).describe('tag survivors "merged-customer", as seen in two recordings'),
  sourceSystem: z.string().min(1).default('Custom').describe('"system" of a data source made through the API'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default('USD')
    .describe("the account's currency"),
  users: z
    .array(z.string())
    .default(['owner@example.com'])
    .describe('e-mail addresses that can own a customer; any other owner is ignored'),
  webhookUrl: z.url().nullable().default(null).describe('where new_biz movements are posted'),
  webhookRetryDelayMs: milliseconds
    .default(1_000)
    .describe('pause before the first of 17 retries; it doubles, up to 1 min'),
};

const knobsSchema = z.strictObject(shape);

/** Every knob of the sandbox, with its value. */
export type Knobs = z.output<typeof knobsSchema>;
/** Some knobs: those left out keep their default, or what was given at the start. */
export type KnobSettings = z.input<typeof knobsSchema>;

/** Thrown for a knob that does not exist or a value it cannot have. */
export class KnobError extends Error {
  override readonly name = 'KnobError';
}

/** Checks knobs and fills in the defaults. */
export function readKnobs(settings: unknown): Knobs {
  const result = knobsSchema.safeParse(settings);
  if (result.success) return result.data;
  throw new KnobError(`Knobs: ${z.prettifyError(result.error)}`);
}

/** For the command line: name, what it does, default. */
export function describeKnobs(): { name: keyof Knobs; description: string; fallback: unknown }[] {
  const defaults = readKnobs({});
  const names = Object.keys(shape) as (keyof Knobs)[]; // Object.keys forgets the keys' type
  return names.map((name) => ({ name, description: shape[name].description ?? '', fallback: defaults[name] }));
}
