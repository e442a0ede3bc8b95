import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import swagger from '@fastify/swagger';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify';
import type { z } from 'zod';
import { type AccessKey, callerOf, scopes } from './access.js';
import { addChartMogulWebhook } from './chartmogul-webhook.js';
import { addEventRoutes } from './events.js';
import { invalidInput, problemOf } from './failures.js';
import { parseJsonStrictly } from './json.js';
import { addLeadRoute } from './leads.js';
import { addLinkRoute } from './links.js';
import { refuseForeigners } from './local-only.js';
import { openApiOptions } from './openapi.js';
import type { Parts } from './parts.js';
import { type ProblemCode, ProblemError } from './problems.js';
import { addStripeWebhook } from './stripe-webhook.js';

/** A fact is small; a batch may have 100 of them. */
const longestEvent = 32 * 1024;
const longestHeaders = 16 * 1024;
const mostConnections = 2_000;
/** 900 bytes, each escaped as %XX. */
const longestLeadIdInPath = 2_700;

/** The gateway's public face: routes, limits and what every answer has in common. Listens to nothing yet. */
export async function createServer(parts: Parts): Promise<FastifyInstance> {
  const { config, log } = parts;
  const app: FastifyInstance = fastify({
    loggerInstance: log as FastifyBaseLogger, // without it, every function that takes an app would have to name pino
    // Its lines would hold addresses, and an address can hold a secret.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: longestEvent,
    routerOptions: { maxParamLength: longestLeadIdInPath },
    http: { maxHeaderSize: longestHeaders, headersTimeout: 10_000, requireHostHeader: false },
    requestTimeout: 30_000,
    keepAliveTimeout: 72_000,
    // Whoever got through while we stop is served; readiness tells others to go elsewhere.
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => void answerProblem(error, request, reply),
  });
  app.server.maxConnections = mostConnections;
  // Node would answer 417 with an empty body.
  app.server.on('checkExpectation', (request, response) => app.routing(request, response));

  app.setValidatorCompiler<z.ZodType>(({ schema }) => (input) => {
    const { data, error } = schema.safeParse(input);
    return error ? { error: invalidInput(error) } : { value: data };
  });
  // Answers are made by us: checking them again would turn a wrong type into a failed request.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(answerProblem);
  app.setNotFoundHandler(() => {
    throw new ProblemError('not-found', 'See /openapi.json for what there is.');
  });
  parseJsonStrictly(app);

  app.decorateRequest('caller', undefined);
  app.decorateRequest('told');
  app.addHook('onRequest', async (request) => {
    request.told = {};
  });
  if (config.keys === undefined) refuseForeigners(app);
  app.addHook('onRequest', async (request) => admit(request, config.keys, config.account));
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  app.addHook('onSend', async (request, reply) => {
    // A connection that was busy when we stopped would be kept alive, and we with it.
    reply.headers({ ...protection, 'x-request-id': request.id, ...(isClosing && { connection: 'close' }) });
  });
  app.addHook('onResponse', async (request, reply) => tell(parts, request, reply));

  const refuseOtherMethods = watchMethods(app);
  await app.register(swagger, openApiOptions);
  await app.register(async (scope) => {
    addEventRoutes(scope, parts);
    addLeadRoute(scope, parts);
    addLinkRoute(scope, parts);
    addChartMogulWebhook(scope, parts);
    await addStripeWebhook(scope, parts);
    scope.get('/healthz', { schema: { hide: true } }, async () => ({ status: 'ok' }));
    scope.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  });
  refuseOtherMethods();
  return app;
}

/** Whoever calls may do what the route needs, or the request ends here, before its body is read. */
function admit(request: FastifyRequest, keys: readonly AccessKey[] | undefined, account: string): void {
  const { scope } = request.routeOptions.config;
  if (scope === undefined) return;
  request.caller =
    keys === undefined ? { name: 'local', account, scopes } : callerOf(request.headers.authorization, keys);
  if (request.caller === undefined) {
    throw new ProblemError(
      'unauthorized',
      'Send a key with `Authorization: Bearer`; `customer-journey key` makes one.',
      {
        headers: { 'www-authenticate': 'Bearer' },
      },
    );
  }
  if (!request.caller.scopes.includes(scope)) {
    throw new ProblemError('forbidden', `This key lacks the scope ${scope}.`);
  }
}

function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error);
  if (problem.code === 'internal') request.log.error({ err: error }, 'a bug');
  request.told = { ...request.told, problem: problem.code };
  return reply
    .code(problem.status)
    .headers(problem.more.headers ?? {})
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problem.document);
}

/** What Node cannot read as a request never gets to a route. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [code, detail] = clientErrors[error.code ?? ''] ?? ['malformed-request', 'It is not HTTP as it should be.'];
  const problem = new ProblemError(code, detail);
  const body = JSON.stringify(problem.document);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...Object.entries(protection).map(([name, value]) => `${name}: ${value}`),
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

const clientErrors: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers-too-large', `Send at most ${longestHeaders / 1024} kB of headers.`],
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'Send the whole request within 30 seconds.'],
};

/** For browsers, which have no business here. */
const protection = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** One line a request, and its time. Routes by their pattern. */
function tell({ metrics, log }: Parts, request: FastifyRequest, reply: FastifyReply): void {
  const { method, routeOptions, caller, told, id } = request;
  const route = routeOptions.url ?? 'none';
  const labels = { method: routeOptions.url === undefined ? 'other' : method, route, status: String(reply.statusCode) };
  metrics.requests.observe(labels, reply.elapsedTime / 1000);
  const ms = Math.round(reply.elapsedTime);
  const level = reply.statusCode >= 500 ? 'warn' : route === '/healthz' ? 'debug' : 'info';
  log[level]({ requestId: id, method, route, status: reply.statusCode, ms, key: caller?.name, ...told }, 'request');
}

/** Notes which methods each address takes, and at the end refuses all others, instead of saying that nothing is there. */
function watchMethods(app: FastifyInstance): () => void {
  const taken = new Map<string, string[]>();
  app.addHook('onRoute', ({ url, method }) => {
    taken.set(url, [...(taken.get(url) ?? []), ...[method].flat()]);
  });
  return () => {
    for (const [url, methods] of [...taken]) {
      const allow = [...new Set(methods)].join(', ');
      app.route({
        url,
        method: app.supportedMethods.filter((method) => !methods.includes(method)),
        schema: { hide: true },
        // Before the body is read: what it holds does not matter any more.
        onRequest: async () => {
          throw new ProblemError('method-not-allowed', `Use ${allow}.`, { headers: { allow } });
        },
        handler: () => undefined,
      });
    }
  };
}
