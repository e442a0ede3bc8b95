import { z } from 'zod';
declare const knobsSchema: z.ZodObject<{
    latencyMs: z.ZodDefault<z.ZodNumber>;
    nameRequired: z.ZodDefault<z.ZodBoolean>;
    ingestDelayMs: z.ZodDefault<z.ZodNumber>;
    mergeDelayMs: z.ZodDefault<z.ZodNumber>;
    mergeAfterReads: z.ZodDefault<z.ZodNumber>;
    mergeDates: z.ZodDefault<z.ZodEnum<{
        earliest: "earliest";
        fill_null_from_secondary: "fill_null_from_secondary";
        primary_wins: "primary_wins";
    }>>;
    stripeTrialSetsLeadDate: z.ZodDefault<z.ZodBoolean>;
    autoMerge: z.ZodDefault<z.ZodEnum<{
        external_id: "external_id";
        off: "off";
    }>>;
    mergedUuid: z.ZodDefault<z.ZodEnum<{
        404: "404";
        follow: "follow";
    }>>;
    mergedExternalId: z.ZodDefault<z.ZodEnum<{
        absent: "absent";
        found: "found";
    }>>;
    secondMerge: z.ZodDefault<z.ZodEnum<{
        202: "202";
        404: "404";
        422: "422";
    }>>;
    rateLimitPerSecond: z.ZodDefault<z.ZodNumber>;
    maxParallel: z.ZodDefault<z.ZodNumber>;
    unknownSource: z.ZodDefault<z.ZodEnum<{
        404: "404";
        422: "422";
    }>>;
    futureDates: z.ZodDefault<z.ZodEnum<{
        accept: "accept";
        refuse: "refuse";
    }>>;
    nullDates: z.ZodDefault<z.ZodEnum<{
        clear: "clear";
        ignore: "ignore";
    }>>;
    zonelessOffsetMinutes: z.ZodDefault<z.ZodNumber>;
    removedAttributes: z.ZodDefault<z.ZodEnum<{
        200: "200";
        204: "204";
    }>>;
    mergedTag: z.ZodDefault<z.ZodBoolean>;
    sourceSystem: z.ZodDefault<z.ZodString>;
    currency: z.ZodDefault<z.ZodString>;
    users: z.ZodDefault<z.ZodArray<z.ZodString>>;
    webhookUrl: z.ZodDefault<z.ZodNullable<z.ZodURL>>;
    webhookRetryDelayMs: z.ZodDefault<z.ZodNumber>;
}, z.core.$strict>;
/** Every knob of the sandbox, with its value. */
export type Knobs = z.output<typeof knobsSchema>;
/** Some knobs: those left out keep their default, or what was given at the start. */
export type KnobSettings = z.input<typeof knobsSchema>;
/** Thrown for a knob that does not exist or a value it cannot have. */
export declare class KnobError extends Error {
    readonly name = "KnobError";
}
/** Checks knobs and fills in the defaults. */
export declare function readKnobs(settings: unknown): Knobs;
/** For the command line: name, what it does, default. */
export declare function describeKnobs(): {
    name: keyof Knobs;
    description: string;
    fallback: unknown;
}[];
export {};
