import { z } from 'zod';

const milliseconds = z.number().int().min(0);
const count = z.number().int().min(0);

// Defaults follow the recordings if there are any, else the likeliest behaviour; docs/sandbox.md says which applies.
const shape = {
  latencyMs: milliseconds.default(0).describe('delay before a request is handled, in ms'),
  nameRequired: z.boolean().default(false).describe('whether creating a customer requires a name'),
  ingestDelayMs: milliseconds
    .default(2_000)
    .describe('delay from a payment to the record of the billing integration, in ms'),
  mergeDelayMs: milliseconds.default(3_000).describe('delay from the 202 of a merge or unmerge to its effect, in ms'),
  mergeAfterReads: count
    .default(0)
    .describe('merge takes effect at the n-th GET of the payer by uuid; 0: after mergeDelayMs'),
  mergeDates: z
    .enum(['primary_wins', 'fill_null_from_secondary', 'earliest'])
    .default('primary_wins')
    .describe('which lead and trial dates the survivor of a merge keeps'),
  stripeTrialSetsLeadDate: z.boolean().default(true).describe('whether a Stripe trial also sets the lead date'),
  autoMerge: z
    .enum(['off', 'external_id'])
    .default('off')
    .describe('merge an imported customer with records that have the same external id'),
  mergedUuid: z.enum(['404', 'follow']).default('404').describe('answer for a merged-away uuid'),
  mergedExternalId: z
    .enum(['found', 'absent'])
    .default('found')
    .describe('whether a merged-away external id finds the survivor'),
  mergedInLists: z
    .enum(['found', 'absent'])
    .default('found')
    .describe('whether the list of a data source includes records of it that are merged into those of another one'),
  unmergeDates: z
    .enum(['copied', 'restored'])
    .default('copied')
    .describe('lead and trial date of the record that an unmerge splits off: those of the merged record, or its own'),
  secondMerge: z.enum(['404', '422', '202']).default('404').describe('answer to merging an already merged record'),
  rateLimitPerSecond: count.default(40).describe('requests per second before 429; 0: no limit'),
  maxParallel: count.default(20).describe('concurrent requests before 503; 0: no limit'),
  unknownSource: z
    .enum(['404', '422'])
    .default('422')
    .describe('answer to creating a customer in an unknown data source'),
  futureDates: z
    .enum(['accept', 'refuse'])
    .default('accept')
    .describe('whether lead and trial dates may be in the future'),
  nullDates: z.enum(['clear', 'ignore']).default('clear').describe('effect of a null lead or trial date in a PATCH'),
  zonelessOffsetMinutes: z
    .number()
    .int()
    .min(-720)
    .max(840)
    .default(0)
    .describe('zone of dates without one, in minutes east of UTC'),
  removedAttributes: z
    .enum(['204', '200'])
    .default('204')
    .describe('answer to removing custom attributes: empty, or the remaining ones'),
  mergedTag: z.boolean().default(false).describe('tag merge survivors "merged-customer", as in two recordings'),
  sourceSystem: z.string().min(1).default('Custom').describe('"system" of a data source created through the API'),
  clockSkewMs: z
    .number()
    .int()
    .default(0)
    .describe('how far the Date header of answers is ahead of the clock of this machine, in ms'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default('USD')
    .describe("the account's currency"),
  users: z
    .array(z.string())
    .default(['owner@example.com'])
    .describe('e-mail addresses that can own a customer; any other owner is ignored'),
  webhookUrl: z.url().nullable().default(null).describe('URL that receives new_biz movements'),
  webhookRetryDelayMs: milliseconds
    .default(1_000)
    .describe('delay before the first of 17 retries, in ms; doubles up to 1 min'),
};

const knobsSchema = z.strictObject(shape);

/** Every knob of the sandbox, with its value. */
export type Knobs = z.output<typeof knobsSchema>;
/** Some knobs. Omitted knobs keep their default or start value. */
export type KnobSettings = z.input<typeof knobsSchema>;

/** Thrown for an unknown knob or an invalid value. */
export class KnobError extends Error {
  override readonly name = 'KnobError';
}

/** Checks knobs and fills in the defaults. */
export function readKnobs(settings: unknown): Knobs {
  const result = knobsSchema.safeParse(settings);
  if (result.success) return result.data;
  throw new KnobError(`Invalid knobs: ${z.prettifyError(result.error)}`);
}

/** Name, description and default of each knob, for the command line. */
export function describeKnobs(): { name: keyof Knobs; description: string; fallback: unknown }[] {
  const defaults = readKnobs({});
  const names = Object.keys(shape) as (keyof Knobs)[]; // Object.keys loses the type
  return names.map((name) => ({ name, description: shape[name].description ?? '', fallback: defaults[name] }));
}
