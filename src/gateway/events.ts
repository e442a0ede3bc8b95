import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { redactId } from '../domain/journey/records.js';
import type { Problem } from '../domain/journey/reports.js';
import { InvalidInputError } from '../journeys/errors.js';
import type { Journeys } from '../journeys/index.js';
import type { Caller } from './access.js';
import { invalidInput, problemOf } from './failures.js';
import { answers, ofBodies, ofKeys, ofTemporal } from './openapi.js';
import type { Parts } from './parts.js';
import { ProblemError } from './problems.js';
import {
  type Accepted,
  acceptedSchema,
  batchResultSchema,
  batchSchema,
  type Event,
  eventSchema,
  looseBatchSchema,
  mostEvents,
  type Rejected,
} from './schemas.js';

/** Segment's limit for a batch. */
const largestBatch = 500_000;

/** `POST /v1/events` and `POST /v1/events/batch`: accept facts, and respond once Temporal has them. */
export function addEventRoutes(app: FastifyInstance, parts: Parts): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const security = [{ key: [] }];

  routes.post(
    '/v1/events',
    {
      config: { scope: 'ingest' },
      schema: {
        operationId: 'reportEvent',
        summary: 'Report one event of a lead',
        security,
        body: eventSchema,
        response: answers({ 202: acceptedSchema }, ...ofBodies, ...ofKeys, ...ofTemporal),
      },
    },
    async (request, reply) => {
      const result = await settle(parts, request, request.body);
      if (result instanceof ProblemError) throw result;
      return reply.code(202).send(result);
    },
  );

  routes.post(
    '/v1/events/batch',
    {
      config: { scope: 'ingest' },
      bodyLimit: largestBatch,
      // Events are validated one by one, so that an invalid one does not reject the others.
      validatorCompiler: () => (body) => {
        const { data, error } = looseBatchSchema.safeParse(body);
        return error ? { error: invalidInput(error) } : { value: data };
      },
      schema: {
        operationId: 'reportEvents',
        summary: `Report up to ${mostEvents} events, each accepted or rejected individually`,
        security,
        body: batchSchema,
        response: answers({ 202: batchResultSchema, 207: batchResultSchema }, ...ofBodies, ...ofKeys, ...ofTemporal),
      },
    },
    async (request, reply) => {
      const events: readonly unknown[] = request.body.events;
      const outcomes = await Promise.all(events.map((event) => settle(parts, request, read(event))));
      const refused = outcomes.filter((outcome) => outcome instanceof ProblemError);
      const [passing] = refused.filter(({ status }) => status === 503);
      if (passing && refused.length === events.length) throw passing;

      const results = outcomes.map((outcome, index) => asResult(outcome, events[index]));
      const counts = { accepted: events.length - refused.length, rejected: refused.length };
      return reply.code(refused.length === 0 ? 202 : 207).send({ ...counts, results });
    },
  );
}

/** One event of a batch, or why it is invalid. */
function read(input: unknown): Event | ProblemError {
  const { data, error } = eventSchema.safeParse(input);
  return error ? invalidInput(error) : data;
}

/** Accepts or rejects one event, counts it, and returns the result. */
async function settle(
  parts: Parts,
  request: FastifyRequest,
  input: Event | ProblemError,
): Promise<Accepted | ProblemError> {
  const event = input instanceof ProblemError ? undefined : input;
  const outcome =
    input instanceof ProblemError
      ? input
      : await take(parts, request.caller, input).catch((problem: unknown) => problemOf(inData(problem)));
  const result = outcome instanceof ProblemError ? outcome.code : 'accepted';
  parts.metrics.received({ source: 'api', type: event?.type ?? 'unknown', result });
  const logFields = { type: event?.type, event: event?.id, lead: event && redactId(event.lead_id), result };
  request.logFields.events = [...((request.logFields.events as unknown[] | undefined) ?? []), logFields]; // only here
  if (outcome instanceof ProblemError && outcome.code === 'internal')
    request.log.error({ err: outcome.cause }, 'unexpected error');
  return outcome;
}

/** Maps pointers into a journey's report to pointers into an event, which has some fields in `data`. */
function inData(error: unknown): unknown {
  if (!(error instanceof InvalidInputError)) return error;
  const moved = ({ pointer, message }: Problem) => ({ pointer: pointer.replace(ofData, '/data$&'), message });
  return new InvalidInputError(error.problems.map(moved));
}

const ofData = /^\/(profile|billingCustomerId)\b/;

async function take(parts: Parts, caller: Caller | undefined, event: Event): Promise<Accepted> {
  const { account } = caller ?? parts.config;
  const journey = await parts.limitConcurrency(() => report(parts.journeys(account), event));
  const webUi = parts.webUi(journey);
  return {
    status: 'accepted',
    ...(event.id !== undefined && { id: event.id }),
    journey_id: journey.workflowId,
    run_id: journey.runId,
    links: { lead: `/v1/leads/${encodeURIComponent(event.lead_id)}`, ...(webUi !== undefined && { web_ui: webUi }) },
  };
}

async function report(journeys: Journeys, event: Event) {
  const { type, lead_id: leadId, occurred_at: occurredAt, data } = event;
  const base = { occurredAt, ...(data?.profile !== undefined && { profile: data.profile }) };
  if (event.type === 'lead.created') return journeys.leadCreated(leadId, base);
  const billingCustomerId = event.data?.billing_customer_id;
  const fact = { ...base, ...(billingCustomerId !== undefined && { billingCustomerId }) };
  return type === 'trial.started' ? journeys.trialStarted(leadId, fact) : journeys.paymentSucceeded(leadId, fact);
}

function asResult(outcome: Accepted | ProblemError, event: unknown): Accepted | Rejected {
  if (!(outcome instanceof ProblemError)) return outcome;
  const id = typeof event === 'object' && event !== null && 'id' in event ? event.id : undefined;
  return { status: 'rejected', ...(typeof id === 'string' && { id }), problem: outcome.document };
}
