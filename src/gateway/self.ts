import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers } from './openapi.js';

/** `GET /healthz` and `GET /openapi.json`. */
export function addSelfRoutes(app: FastifyInstance): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  routes.get(
    '/healthz',
    {
      schema: {
        operationId: 'readHealth',
        summary: 'Check that the process responds',
        response: answers({ 200: z.object({ status: z.literal('ok') }) }),
      },
    },
    async () => ({ status: 'ok' as const }),
  );
  const document = z.looseObject({ openapi: z.string() });
  routes.get(
    '/openapi.json',
    { schema: { operationId: 'readOpenApi', summary: 'Get this document', response: answers({ 200: document }) } },
    async () => document.parse(app.swagger()),
  );
}
