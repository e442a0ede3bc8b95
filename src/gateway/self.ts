import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers } from './openapi.js';

/** What the gateway tells of itself: `GET /healthz` and `GET /openapi.json`. */
export function addSelfRoutes(app: FastifyInstance): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  routes.get(
    '/healthz',
    {
      schema: {
        operationId: 'readHealth',
        summary: 'See whether the process answers',
        response: answers({ 200: z.object({ status: z.literal('ok') }) }),
      },
    },
    async () => ({ status: 'ok' as const }),
  );
  const document = z.looseObject({ openapi: z.string() });
  routes.get(
    '/openapi.json',
    { schema: { operationId: 'readOpenApi', summary: 'Read this document', response: answers({ 200: document }) } },
    async () => document.parse(app.swagger()),
  );
}
