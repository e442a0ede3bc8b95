import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { answers, ofKeys } from './openapi.js';
import type { Parts } from './parts.js';
import { leadParameters, leadSchema } from './schemas.js';
import { onTheWire } from './wire.js';

/** `GET /v1/leads/{lead_id}`: the current or final state of the journey. */
export function addLeadRoute(app: FastifyInstance, { config, journeys, webUi }: Parts): void {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/v1/leads/:lead_id',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'readLead',
        summary: 'Get the current state of a lead',
        security: [{ key: [] }],
        params: leadParameters,
        response: answers(
          { 200: leadSchema },
          ...ofKeys,
          ...(['invalid-request', 'address-too-long', 'journey-not-found', 'not-found'] as const),
          ...(['temporal-unavailable', 'no-worker'] as const),
        ),
      },
    },
    async ({ caller, params: { lead_id: leadId } }) => {
      const ofAccount = journeys(caller?.account ?? config.account);
      const { workflowId, runId } = await ofAccount.summary(leadId);
      const links = { webUi: webUi({ workflowId, runId }) };
      return leadSchema.parse(onTheWire({ ...(await ofAccount.view(leadId)), links }));
    },
  );
}
