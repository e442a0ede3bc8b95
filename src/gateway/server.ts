import { randomUUID } from 'node:crypto';
import { METHODS } from 'node:http';
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
import { TemporalConfigError } from '../temporal/errors.js';
import { type AccessKey, callerOf, scopes } from './access.js';
import { addChartMogulWebhook } from './chartmogul-webhook.js';
import { addEventRoutes } from './events.js';
import { invalidInput, problemOf } from './failures.js';
import { parseJsonStrictly } from './json.js';
import { addLeadRoute } from './leads.js';
import { addLinkRoute } from './links.js';
import { openApiOptions } from './openapi.js';
import type { Parts } from './parts.js';
import { ProblemError } from './problems.js';
import { protection } from './protection.js';
import { requireLoopback } from './require-loopback.js';
import { addSelfRoutes } from './self.js';
import { addStripeWebhook } from './stripe-webhook.js';
import { answerForNode, answerUnreadable, longestHeaders } from './unreadable.js';

/** For one event. The batch route has its own limit. */
const longestEvent = 32 * 1024;
const mostConnections = 2_000;
/** 900 bytes, each escaped as %XX. */
const longestLeadIdInPath = 2_700;

/** The gateway's public server: routes, limits and common response headers. Does not listen yet. */
export async function createServer(parts: Parts): Promise<FastifyInstance> {
  const { config, log } = parts;
  const app: FastifyInstance = fastify({
    loggerInstance: log as FastifyBaseLogger, // without it, every function that takes an app would have to name pino
    // Fastify's own log lines contain addresses, and an address can contain a secret.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: longestEvent,
    // A URL in a provider's settings often ends with a slash.
    routerOptions: { maxParamLength: longestLeadIdInPath, ignoreTrailingSlash: true },
    http: { maxHeaderSize: longestHeaders, headersTimeout: 10_000, requireHostHeader: false },
    requestTimeout: 30_000,
    keepAliveTimeout: 72_000,
    // Requests that still arrive during shutdown are served; readiness makes the load balancer stop sending more.
    return503OnClosing: false,
    clientErrorHandler: answerUnreadable,
    frameworkErrors: (error, request, reply) => {
      // Fastify runs no hooks for these requests.
      void answerProblem(error, request, reply.headers({ ...protection, 'x-request-id': request.id }));
      logRequest(parts, request, reply);
    },
  });
  app.server.maxConnections = mostConnections;
  answerForNode(app);
  for (const method of METHODS) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);

  app.setValidatorCompiler<z.ZodType>(({ schema }) => (input) => {
    const { data, error } = schema.safeParse(input);
    return error ? { error: invalidInput(error) } : { value: data };
  });
  // Responses are not validated: a wrong type would turn into a failed request.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(answerProblem);
  app.setNotFoundHandler(refuseUnknown);
  parseJsonStrictly(app);

  app.decorateRequest('caller', undefined);
  app.decorateRequest('logFields');
  app.addHook('onRequest', async (request) => {
    request.logFields = {};
  });
  if (config.keys === undefined) requireLoopback(app);
  // Runs before the body is read: otherwise the body could be refused for another reason first.
  app.addHook('onRequest', async ({ is404 }) => {
    if (is404) refuseUnknown();
  });
  app.addHook('onRequest', async (request) => admit(request, config.keys, config.account));
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  app.addHook('onSend', async (request, reply) => {
    // Otherwise connections that are busy during shutdown would be kept alive, and the process with them.
    reply.headers({ ...protection, 'x-request-id': request.id, ...(isClosing && { connection: 'close' }) });
  });
  app.addHook('onResponse', async (request, reply) => logRequest(parts, request, reply));

  const refuseOtherMethods = watchMethods(app);
  await app.register(swagger, openApiOptions);
  await app.register(async (scope) => {
    addEventRoutes(scope, parts);
    addLeadRoute(scope, parts);
    addLinkRoute(scope, parts);
    addChartMogulWebhook(scope, parts);
    await addStripeWebhook(scope, parts);
    addSelfRoutes(scope);
  });
  refuseOtherMethods();
  return app;
}

function refuseUnknown(): never {
  throw new ProblemError('not-found', 'See /openapi.json for the valid addresses.');
}

/** Authenticates the caller and checks the route's scope, before the body is read. */
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
  if (problem.code === 'internal') request.log.error({ err: error }, 'unexpected error');
  // The response does not contain it: only the operator of the gateway can do something.
  const reason = problem.cause instanceof TemporalConfigError ? { reason: problem.cause.message } : {};
  request.logFields = { ...request.logFields, problem: problem.code, ...reason };
  return reply
    .code(problem.status)
    .headers(problem.more.headers ?? {})
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problem.document);
}

/** Logs one line per request and records its duration. Routes are logged by their pattern. */
function logRequest({ metrics, log }: Parts, request: FastifyRequest, reply: FastifyReply): void {
  const { method, routeOptions, caller, logFields, id } = request;
  const route = routeOptions.url ?? 'none';
  const labels = { method: routeOptions.url === undefined ? 'other' : method, route, status: String(reply.statusCode) };
  metrics.requests.observe(labels, reply.elapsedTime / 1000);
  const ms = Math.round(reply.elapsedTime);
  const level = reply.statusCode >= 500 ? 'warn' : route === '/healthz' ? 'debug' : 'info';
  log[level](
    { requestId: id, method, route, status: reply.statusCode, ms, key: caller?.name, ...logFields },
    'request',
  );
}

/** Records the methods of each address. The returned function makes all others respond with 405 instead of 404. */
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
        // Runs before the body is read.
        onRequest: async () => {
          throw new ProblemError('method-not-allowed', `Use ${allow}.`, { headers: { allow } });
        },
        handler: () => undefined,
      });
    }
  };
}
