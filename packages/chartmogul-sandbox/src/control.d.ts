import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Account } from './account.js';
interface ControlOptions {
    readonly account: Account;
    readonly commit: () => void;
}
/** The control API below `/_sandbox`: never limited, never logged, without a key. */
export declare function control(app: FastifyInstance, { account, commit }: ControlOptions, done: () => void): void;
declare const stripeCustomer: z.ZodObject<{
    external_id: z.ZodString;
    name: z.ZodOptional<z.ZodNullable<z.ZodString>>;
    email: z.ZodOptional<z.ZodNullable<z.ZodString>>;
    trial_started_at: z.ZodOptional<z.ZodNullable<z.ZodPipe<z.ZodString, z.ZodTransform<number, string>>>>;
    paid_at: z.ZodOptional<z.ZodNullable<z.ZodPipe<z.ZodString, z.ZodTransform<number, string>>>>;
    mrr_in_cents: z.ZodDefault<z.ZodNumber>;
    delayMs: z.ZodOptional<z.ZodNullable<z.ZodNumber>>;
    afterLookups: z.ZodOptional<z.ZodNullable<z.ZodNumber>>;
}, z.core.$strict>;
/** A customer that the billing integration is to take in. */
export type StripeCustomer = z.input<typeof stripeCustomer>;
declare const fault: z.ZodObject<{
    route: z.ZodPipe<z.ZodString, z.ZodTransform<string, string>>;
    status: z.ZodUnion<readonly [z.ZodNumber, z.ZodEnum<{
        drop_answer: "drop_answer";
        garbage: "garbage";
        reset: "reset";
        timeout: "timeout";
    }>]>;
    times: z.ZodDefault<z.ZodNumber>;
    skip: z.ZodDefault<z.ZodNumber>;
    retryAfter: z.ZodOptional<z.ZodNumber>;
    body: z.ZodOptional<z.ZodUnknown>;
}, z.core.$strict>;
/** The next calls of a route that are to fail. */
export type FaultSettings = z.input<typeof fault>;
export declare function readStripeCustomer(body: unknown): z.output<typeof stripeCustomer>;
export declare function readFault(body: unknown): z.output<typeof fault>;
/** Has the integration take in a customer after its delay, or at the n-th lookup for it. */
export declare function queueIngestion(account: Account, wanted: z.output<typeof stripeCustomer>): void;
export declare function addFault({ store }: Account, wanted: z.output<typeof fault>): z.output<typeof fault>;
/** Every record as the API shows it, and the uuids that were merged into it. */
export declare function storedCustomers(account: Account): Record<string, unknown>[];
export {};
