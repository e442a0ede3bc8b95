import type { AddressInfo } from 'node:net';
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import { ConfigError } from './config.js';

/** What a process shows to its operators. */
export interface Operations {
  readonly registry: Registry;
  /** Why the process cannot do its work now, one sentence per reason. Empty: it is ready. */
  readiness(): Promise<readonly string[]>;
  /** Why the process must be restarted. Default: no reason, as long as it responds. */
  health?(): readonly string[];
  /** Called before the series are read. */
  beforeMetrics?(): Promise<void>;
  /** More series in the text format of Prometheus, after those of the registry. */
  moreMetrics?(): Promise<string>;
}

export interface ListenAddress {
  readonly host: string;
  /** 0 chooses a free port. */
  readonly port: number;
}

/**
 * The HTTP server for operators: `/healthz` (the process responds and need not be restarted), `/readyz` (it can do its
 * work), `/metrics` (Prometheus). Both probes answer 200, or 503 with every reason. Does not listen yet.
 */
export function createOperationsServer(operations: Operations): FastifyInstance {
  const { registry, health = () => [], beforeMetrics, moreMetrics } = operations;
  addReadyGauge(operations);
  const app = fastify({ requestTimeout: 10_000, return503OnClosing: false });
  app.get('/healthz', async (_request, reply) => answer(reply, health(), ['ok', 'failing']));
  app.get('/readyz', async (_request, reply) => answer(reply, await operations.readiness(), ['ready', 'not ready']));
  app.get('/metrics', async (_request, reply) => {
    await beforeMetrics?.();
    const [own, more = ''] = await Promise.all([registry.metrics(), moreMetrics?.()]);
    return reply.type(registry.contentType).send(own + more);
  });
  return app;
}

/** Adds the standard Node.js metrics of the process: memory, CPU time and event loop lag. */
export function watchProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
}

/** For alerts: Prometheus does not read `/readyz`. */
function addReadyGauge({ registry, readiness }: Operations): void {
  new Gauge({
    name: 'customer_journey_ready',
    help: 'Whether /readyz answers 200: 1 or 0',
    registers: [registry],
    async collect() {
      this.set((await readiness()).length === 0 ? 1 : 0);
    },
  });
}

function answer(reply: FastifyReply, reasons: readonly string[], [good, bad]: readonly [string, string]) {
  return reasons.length === 0 ? reply.code(200).send({ status: good }) : reply.code(503).send({ status: bad, reasons });
}

/** The URL of a server that listens on a port. */
export function urlOf(server: FastifyInstance): string {
  const { address, port, family } = server.server.address() as AddressInfo; // it listens on a port, not on a socket
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/**
 * Explains why a server cannot listen.
 *
 * @param settings the settings that choose the port and the host
 * @throws ConfigError, or the error itself if it has another reason
 */
export function explainListenError(error: unknown, settings: string): never {
  const { code, address, port } = error as { code?: string; address?: string; port?: number }; // as Node's errors are
  const reason = {
    EADDRINUSE: 'is already in use',
    EACCES: 'is not permitted',
    EADDRNOTAVAIL: 'is not on this machine',
    ENOTFOUND: 'is not a known host',
  }[code ?? ''];
  if (reason === undefined) throw error;
  throw new ConfigError(`${address ?? 'The host'}${port === undefined ? '' : `:${port}`} ${reason}; see ${settings}.`, {
    cause: error,
  });
}
