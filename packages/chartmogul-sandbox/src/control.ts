import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Account } from './account.js';
import { type Answer, Refusal, refuse } from './answers.js';
import { isKnownRoute, routeNames } from './api.js';
import { parseBody, type RawBody } from './body.js';
import { send } from './call.js';
import { viewCustomer } from './customer-view.js';
import { parseDate } from './dates.js';
import { brokenAnswers, routeKey } from './faults.js';
import { settle } from './jobs.js';
import { KnobError } from './knobs.js';
import { isObject } from './routes.js';

interface ControlOptions {
  readonly account: Account;
  readonly commit: () => void;
}

type Handler = (account: Account, body: unknown) => Answer;

/** The control API under `/_sandbox`: no rate limit, no log, no key. */
export function control(app: FastifyInstance, { account, commit }: ControlOptions, done: () => void): void {
  const serve = (method: 'GET' | 'POST', url: string, handle: Handler): void => {
    app.route({
      method,
      url: `/_sandbox${url}`,
      handler: (request, reply) => {
        send(request, reply, answerControl(account, commit, handle, request));
        return reply;
      },
    });
  };
  serve('POST', '/reset', (_, body) => ({ status: 200, body: account.reset(knobsIn(body)) }));
  serve('POST', '/stripe/customers', (_, body) => {
    queueIngestion(account, readStripeCustomer(body));
    return { status: 202, body: {} };
  });
  serve('POST', '/faults', (_, body) => ({ status: 201, body: addFault(account, readFault(body)) }));
  serve('GET', '/faults', () => ({ status: 200, body: [...account.store.faults.values()] }));
  serve('GET', '/requests', () => ({ status: 200, body: account.log.all() }));
  serve('GET', '/customers', () => ({ status: 200, body: storedCustomers(account) }));
  serve('GET', '/knobs', () => ({ status: 200, body: account.knobs }));
  done();
}

function answerControl(account: Account, commit: () => void, handle: Handler, request: FastifyRequest): Answer {
  try {
    settle(account);
    const answer = handle(account, parseBody(request.body as RawBody | null | undefined)); // set by our own parser
    commit();
    return answer;
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    if (error instanceof KnobError) return refuse(400, error.message).answer;
    throw error;
  }
}

/** The body is the knobs, or `{"knobs": {...}}`. */
function knobsIn(body: unknown): Record<string, unknown> {
  if (body === undefined || body === null) return {};
  if (!isObject(body)) throw refuse(400, 'The knobs must be a JSON object');
  return isObject(body.knobs) ? { ...body.knobs } : { ...body };
}

const date = z.string().transform((text, context) => {
  const time = parseDate(text, 0);
  if (time === undefined) context.addIssue({ code: 'custom', message: 'is not a valid date' });
  return time ?? 0;
});

const stripeCustomer = z.strictObject({
  data_source_uuid: z.string().optional(),
  external_id: z.string().min(1).max(255),
  name: z.string().nullish(),
  email: z.string().nullish(),
  trial_started_at: date.nullish(),
  paid_at: date.nullish(),
  mrr_in_cents: z.number().int().min(1).default(1_000),
  delayMs: z.number().min(0).nullish(),
  afterLookups: z.number().int().min(1).nullish(),
});

/** A customer for the billing integration to import. */
export type StripeCustomer = z.input<typeof stripeCustomer>;

const fault = z.strictObject({
  route: z
    .string()
    .transform(routeKey)
    .refine(isKnownRoute, {
      error: () => `is not one of: ${routeNames.join('; ')}`,
    }),
  status: z.union([z.number().int().min(200).max(599), z.enum(brokenAnswers)]),
  times: z.number().int().min(1).default(1),
  skip: z.number().int().min(0).default(0),
  retryAfter: z.number().min(0).optional(),
  body: z.unknown().optional(),
});

/** Makes the next calls of a route fail. */
export type FaultSettings = z.input<typeof fault>;

export function readStripeCustomer(body: unknown): z.output<typeof stripeCustomer> {
  return read(stripeCustomer, body);
}

export function readFault(body: unknown): z.output<typeof fault> {
  return read(fault, body);
}

function read<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw refuse(400, z.prettifyError(result.error), result.error.issues[0]?.path.join('.') || null);
}

/** Queues a customer for import after its delay, or at the n-th lookup for it. */
export function queueIngestion(account: Account, wanted: z.output<typeof stripeCustomer>): void {
  const { external_id: externalId, data_source_uuid: dataSourceUuid, afterLookups, delayMs } = wanted;
  const trigger = afterLookups
    ? ({ when: 'lookedUp', externalId, remaining: afterLookups } as const)
    : ({ when: 'due', at: Date.now() + (delayMs ?? account.knobs.ingestDelayMs) } as const);
  const customer = {
    dataSourceUuid,
    externalId,
    name: wanted.name ?? undefined,
    email: wanted.email ?? undefined,
    trialStartedAt: wanted.trial_started_at ?? undefined,
    paidAt: wanted.paid_at ?? undefined,
    mrrInCents: wanted.mrr_in_cents,
  };
  account.pending.add({ id: account.store.nextId(), trigger, work: { kind: 'ingest', customer } });
  settle(account);
}

export function addFault({ store }: Account, wanted: z.output<typeof fault>): z.output<typeof fault> {
  const id = store.nextId();
  store.faults.put(String(id), { id, ...wanted });
  return wanted;
}

/** Every record as the API shows it, with the uuids that were merged into it. */
export function storedCustomers(account: Account): Record<string, unknown>[] {
  const mergedUuids = new Map<string, string[]>();
  for (const [from] of account.store.absorbed.entries()) {
    const survivor = account.store.survivorOf(from);
    if (survivor) mergedUuids.set(survivor.uuid, [...(mergedUuids.get(survivor.uuid) ?? []), from]);
  }
  return [...account.store.customers.after(0)].map((customer) => ({
    ...viewCustomer(account, customer),
    merged_uuids: mergedUuids.get(customer.uuid) ?? [],
  }));
}
