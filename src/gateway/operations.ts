import { type FastifyInstance, fastify } from 'fastify';
import type { Metrics } from './metrics.js';

/** Whether requests can be served now, and if not, why. */
export type Readiness = { readonly isReady: true } | { readonly isReady: false; readonly reason: string };

/**
 * The second port, for operators: `/healthz` (the process responds), `/readyz` (Temporal responds and workers poll
 * for the journeys of every account), `/metrics` (Prometheus).
 */
export function createOperationsServer(metrics: Metrics, readiness: () => Promise<Readiness>): FastifyInstance {
  const app = fastify({ requestTimeout: 10_000, return503OnClosing: false });
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const readable = await readiness();
    return reply
      .code(readable.isReady ? 200 : 503)
      .send(readable.isReady ? { status: 'ready' } : { status: 'not ready', reason: readable.reason });
  });
  app.get('/metrics', async (_request, reply) => {
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  return app;
}
