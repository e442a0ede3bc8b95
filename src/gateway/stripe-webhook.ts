import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { readStripeEvent, type StripeReading, stripeEventTypes } from '../stripe/facts.js';
import { readStripeReference } from '../stripe/reference.js';
import { openStripeEvent } from '../stripe/verify.js';
import { answers, ofTemporal } from './openapi.js';
import type { Parts } from './parts.js';
import { ProblemError } from './problems.js';
import { receivedSchema } from './schemas.js';

/** Stripe's largest objects stay far below. */
const largestEvent = 1024 * 1024;

/**
 * `POST /webhooks/stripe`: what Stripe's events tell of its customers goes to their memories, the `billingCustomer` workflows.
 * Stripe repeats for three days whatever is not answered with 200, so 200 is said only once Temporal has it.
 */
export async function addStripeWebhook(app: FastifyInstance, parts: Parts): Promise<void> {
  // Its own scope: the signature is over the bytes, so nobody may have parsed them.
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: FastifyRequest, body: Buffer) => body);
    scope.withTypeProvider<ZodTypeProvider>().post(
      '/webhooks/stripe',
      {
        bodyLimit: largestEvent,
        // Whatever it is, the signature decides.
        validatorCompiler: () => (value) => ({ value }),
        schema: {
          operationId: 'receiveStripe',
          summary: "Stripe's webhook, verified by its signature",
          headers: z.looseObject({
            'stripe-signature': z.string().meta({ description: 'Made by Stripe, over the bytes of the body.' }),
          }),
          body: z.looseObject({}).meta({ id: 'StripeEvent', description: "Stripe's own event object, byte by byte." }),
          response: answers(
            { 200: receivedSchema },
            ...(['signature-refused', 'unreadable-event', 'too-large', 'unsupported-media-type'] as const),
            ...ofTemporal,
          ),
        },
      },
      async (request) => ({ received: true as const, result: await receive(parts, request) }),
    );
  });
}

async function receive(parts: Parts, request: FastifyRequest): Promise<string> {
  const { config, metrics } = parts;
  const signature = request.headers['stripe-signature'];
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const opened = openStripeEvent(body, typeof signature === 'string' ? signature : undefined, config.stripe.secrets);
  if (!opened.ok) {
    metrics.refusals.inc({ source: 'stripe', reason: opened.kind });
    throw new ProblemError('signature-refused', opened.message);
  }
  const { event, account, mode, isWrongMode } = opened;
  const type = typeOf(event);
  const count = (result: string) => {
    metrics.events.inc({ source: 'stripe', type, result });
    Object.assign(request.logFields, { type, event: idOf(event), account, mode, result });
    return result;
  };
  if (isWrongMode) return count('wrong_mode');

  const reading = readStripeEvent(event, {
    metadataKey: config.stripe.metadataKey,
    readReference: (reference) => readStripeReference(reference, { secrets: config.stripe.referenceSecrets, account }),
    trustUnsignedReferences: config.stripe.trustUnsignedReferences,
    allowEmailLeadIds: config.allowEmailLeadIds,
    now: Date.now(),
  });
  logLink(request, reading);
  if (reading.kind === 'ignored') return count(reading.reason);
  if (reading.kind === 'unreadable') {
    count('unreadable');
    const errors = reading.problems.map(({ pointer, message }) => ({ pointer, detail: message }));
    throw new ProblemError('unreadable-event', 'See the API version that docs/billing.md asks for.', { errors });
  }
  const { billingCustomerId, report } = reading;
  await parts
    .limitConcurrency(() => parts.billingCustomers(account).reported(billingCustomerId, report))
    .catch((error: unknown) => {
      count('not_taken');
      throw error;
    });
  request.logFields.billingCustomer = billingCustomerId;
  return count('accepted');
}

/** Which rule named the lead, or that what it named cannot be one; never the value. */
function logLink({ logFields }: FastifyRequest, reading: StripeReading): void {
  if (reading.kind === 'unreadable') return;
  if (reading.kind === 'report') {
    logFields.rule =
      reading.report.link?.rule ?? (reading.report.suggestedLeadId === undefined ? 'none' : 'suggestion');
  }
  if (reading.unusableLeadIds.length > 0) logFields.unusableLeadIds = reading.unusableLeadIds;
}

/** As a metric label: one of those that we know, so that there are not more than those. */
function typeOf(event: unknown): string {
  const type = fieldOf(event, 'type');
  return stripeEventTypes.find((known) => known === type) ?? 'other';
}

/** Stripe's event id, for whoever looks it up there. */
function idOf(event: unknown): string | undefined {
  const id = fieldOf(event, 'id');
  return typeof id === 'string' && /^evt_\w{1,100}$/.test(id) ? id : undefined;
}

function fieldOf(event: unknown, field: 'id' | 'type'): unknown {
  return (event as Partial<Record<typeof field, unknown>> | null)?.[field]; // whatever it is, that can be asked
}
