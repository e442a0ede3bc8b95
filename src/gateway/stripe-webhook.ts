import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { stripeAdapter } from '../stripe/adapter.js';
import { receiveFacts } from './billing-webhook.js';
import { answers, ofTemporal } from './openapi.js';
import type { Parts } from './parts.js';
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
    const adapter = stripeAdapter(parts.config.stripe);
    const unknownTypes = new UnknownTypes(parts.log, adapter.name);
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
      async (request) => ({
        received: true as const,
        result: await receiveFacts(adapter, parts, unknownTypes, request),
      }),
    );
  });
}
