import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { answers, ofBodies, ofKeys, ofTemporal } from './openapi.js';
import type { Parts } from './parts.js';
import { billingCustomerSchema, linkSchema } from './schemas.js';
import { onTheWire } from './wire.js';

/** `POST /v1/links`: an operator links a billing customer to a lead. The link takes precedence over every event. */
export function addLinkRoute(app: FastifyInstance, { config, billingCustomers, limitConcurrency }: Parts): void {
  app.withTypeProvider<ZodTypeProvider>().post(
    '/v1/links',
    {
      config: { scope: 'operate' },
      schema: {
        operationId: 'linkLead',
        summary: 'Link a billing customer to a lead',
        description:
          'Withdraws the payment from any other lead. Rejected if ChartMogul shows the customer merged with another lead, or does not answer. Idempotent.',
        security: [{ key: [] }],
        body: linkSchema,
        response: answers(
          { 200: billingCustomerSchema },
          ...ofBodies,
          ...ofKeys,
          ...ofTemporal,
          ...(['link-refused', 'no-worker'] as const),
        ),
      },
    },
    async ({ caller, body: { billing_customer_id: billingCustomerId, lead_id: leadId, note, unmerged } }) => {
      const ofAccount = billingCustomers(caller?.account ?? config.account);
      const view = await limitConcurrency(() =>
        ofAccount.link(billingCustomerId, { leadId, note, ...(unmerged && { isUnmerged: unmerged }) }),
      );
      return billingCustomerSchema.parse(onTheWire(view));
    },
  );
}
