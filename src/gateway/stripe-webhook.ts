import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { SourceAlias } from '../domain/billing/source.js';
import { readStripeEvent, type StripeReading, stripeEventTypes } from '../stripe/facts.js';
import { readingOptions } from '../stripe/reading-options.js';
import { openStripeEvent } from '../stripe/verify.js';
import type { StripeConfig } from './config.js';
import { answers, ofTemporal } from './openapi.js';
import type { Parts } from './parts.js';
import { ProblemError } from './problems.js';
import { receivedSchema } from './schemas.js';
import { UnknownTypes } from './unknown-types.js';

/** Far above the size of Stripe's largest objects. */
const largestEvent = 1024 * 1024;

/**
 * `POST /webhooks/stripe`: signals the facts in Stripe's events to the `billingCustomer` workflow of each customer.
 * Stripe retries for three days until it gets a 200, so the gateway responds with 200 only once Temporal has the facts.
 */
export async function addStripeWebhook(app: FastifyInstance, parts: Parts): Promise<void> {
  // A scope of its own: the signature covers the raw bytes, so no content type parser may run before.
  await app.register(async (scope) => {
    const unknownTypes = new UnknownTypes(parts.log, 'stripe');
    scope.addHook('onClose', async () => unknownTypes.logNow());
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: FastifyRequest, body: Buffer) => body);
    scope.withTypeProvider<ZodTypeProvider>().post(
      '/webhooks/stripe',
      {
        bodyLimit: largestEvent,
        // No validation here: the signature is verified first.
        validatorCompiler: () => (value) => ({ value }),
        schema: {
          operationId: 'receiveStripe',
          summary: "Stripe's webhook, verified by its signature",
          headers: z.looseObject({
            'stripe-signature': z.string().meta({ description: "Stripe's signature over the raw bytes of the body." }),
          }),
          body: z
            .looseObject({})
            .meta({ id: 'StripeEvent', description: "Stripe's event object. The raw bytes are verified." }),
          response: answers(
            { 200: receivedSchema },
            ...(['signature-refused', 'unreadable-event', 'too-large', 'unsupported-media-type'] as const),
            ...ofTemporal,
          ),
        },
      },
      async (request) => ({ received: true as const, result: await receive(parts, unknownTypes, request) }),
    );
  });
}

async function receive(parts: Parts, unknownTypes: UnknownTypes, request: FastifyRequest): Promise<string> {
  const { config, metrics } = parts;
  const signature = request.headers['stripe-signature'];
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const { secrets, toleranceSeconds } = config.stripe;
  const opened = openStripeEvent(
    body,
    typeof signature === 'string' ? signature : undefined,
    secrets,
    toleranceSeconds,
  );
  if (!opened.ok) {
    metrics.refusals.inc({ source: 'stripe', reason: opened.kind });
    throw new ProblemError('signature-refused', opened.message);
  }
  const { event, account, mode, source, isWrongMode } = opened;
  const count = (result: string) => {
    const type = result === 'unknown-type' ? unknownTypes.count(fieldOf(event, 'type')) : typeOf(event);
    metrics.events.inc({ source: 'stripe', type, result });
    Object.assign(request.logFields, { type, event: idOf(event), account, mode, result });
    return result;
  };
  if (isWrongMode) return count('wrong_mode');

  const reading = readStripeEvent(event, {
    ...readingOptions(config.stripe, account),
    source,
    connectedSources: connectedSources(config.stripe, account),
  });
  logLink(request, reading);
  if (reading.kind === 'ignored') return count(reading.reason);
  if (reading.kind === 'unreadable') {
    count('unreadable');
    const errors = reading.problems.map(({ pointer, message }) => ({ pointer, detail: message }));
    throw new ProblemError('unreadable-event', 'Set the API version of the webhook endpoint as in docs/billing.md.', {
      errors,
    });
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

/** The connected accounts of a ChartMogul account, and their billing sources. */
export function connectedSources(
  { connectedAccounts }: StripeConfig,
  account: string,
): ReadonlyMap<string, SourceAlias> {
  return new Map(connectedAccounts.filter((own) => own.account === account).map(({ id, source }) => [id, source]));
}

/** Logs which rule named the lead, or that the lead id is unusable; never the value. */
function logLink({ logFields }: FastifyRequest, reading: StripeReading): void {
  if (reading.kind === 'unreadable') return;
  if (reading.kind === 'report') {
    logFields.rule =
      reading.report.link?.rule ?? (reading.report.suggestedLeadId === undefined ? 'none' : 'suggestion');
  }
  if (reading.unusableLeadIds.length > 0) logFields.unusableLeadIds = reading.unusableLeadIds;
}

/** The event type as a metric label: a known type or `other`, to bound the number of labels. */
function typeOf(event: unknown): string {
  const type = fieldOf(event, 'type');
  return stripeEventTypes.find((known) => known === type) ?? 'other';
}

/** Stripe's event id, to look it up in Stripe. */
function idOf(event: unknown): string | undefined {
  const id = fieldOf(event, 'id');
  return typeof id === 'string' && /^evt_\w{1,100}$/.test(id) ? id : undefined;
}

function fieldOf(event: unknown, field: 'id' | 'type'): unknown {
  return (event as Partial<Record<typeof field, unknown>> | null)?.[field]; // safe for any value
}
