import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { checkAccess } from './access.js';
import type { Account } from './account.js';
import { accountRoutes } from './account-routes.js';
import { activityRoutes } from './activities.js';
import { type Answer, Refusal, refuse } from './answers.js';
import { attributeRoutes } from './attributes.js';
import { parseBody, type RawBody } from './body.js';
import { Call } from './call.js';
import { contactRoutes } from './contacts.js';
import { customerRoutes } from './customers.js';
import { dataSourceRoutes } from './data-sources.js';
import { type Fault, faultAnswer, routeKey } from './faults.js';
import { invoiceRoutes } from './invoices.js';
import { settle } from './jobs.js';
import { planRoutes } from './plans.js';
import type { Exchange } from './request-log.js';
import type { Route } from './routes.js';

declare module 'fastify' {
  interface FastifyRequest {
    call: Call;
  }
}

const routes: readonly Route[] = [
  ...accountRoutes,
  ...dataSourceRoutes,
  ...customerRoutes,
  ...attributeRoutes,
  ...contactRoutes,
  ...planRoutes,
  ...invoiceRoutes,
  ...activityRoutes,
];
const knownRoutes = new Set(routes.map(({ method, path }) => routeKey(`${method} ${path}`)));

/** Every route that a fault can name. */
export const routeNames: readonly string[] = routes.map(({ method, path }) => `${method} ${path}`);

export function isKnownRoute(key: string): boolean {
  return knownRoutes.has(key);
}

export interface ApiOptions {
  readonly account: Account;
  /** Writes the changes to the data file; throws if the write fails. */
  readonly commit: () => void;
  readonly onRequest?: ((exchange: Exchange) => void) | undefined;
}

/** ChartMogul's API under `/v1`, as a fastify plugin. */
export function api(app: FastifyInstance, options: ApiOptions, done: () => void): void {
  const { account } = options;

  app.addHook('onRequest', (request, reply, next) => {
    const call = new Call(account.log.open(request.method, request.raw.url ?? ''), options.onRequest);
    request.call = call;
    const { clockSkewMs } = account.knobs;
    if (clockSkewMs !== 0) reply.header('date', new Date(Date.now() + clockSkewMs).toUTCString());
    account.limits.enter();
    reply.raw.once('close', () => {
      account.limits.leave();
      call.endUnanswered();
    });
    const refusal = account.limits.check(account.knobs) ?? checkAccess(request.headers.authorization, request.method);
    if (refusal) call.answer(request, reply, refusal.answer);
    else next();
  });

  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.path.slice('/v1'.length), // the plugin is registered under it
      handler: (request, reply) => {
        serve(options, route, request, reply).catch((error: unknown) => reply.send(error));
      },
    });
  }

  app.setNotFoundHandler((request, reply) => {
    request.call.answer(request, reply, answerUnknown(request));
  });
  done();
}

async function serve(options: ApiOptions, route: Route, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { account } = options;
  const fault = account.takeFault(`${route.method} ${route.path}`);
  if (account.knobs.latencyMs > 0) await pause(account.knobs.latencyMs, reply);
  if (fault && fault.status !== 'drop_answer') {
    commitQuietly(options);
    fail(fault, request, reply);
    return;
  }
  const answer = answerRoute(options, route, request);
  if (fault) cut(request, reply).destroy();
  else request.call.answer(request, reply, answer);
}

function answerRoute(options: ApiOptions, route: Route, request: FastifyRequest): Answer {
  settle(options.account);
  const answer = handle(options.account, route, request);
  // Also after an error: jobs may have run, and the lookup was counted.
  options.commit();
  return answer;
}

function handle(account: Account, route: Route, request: FastifyRequest): Answer {
  try {
    const body = parseBody(request.body as RawBody | null | undefined); // set by our own content type parser
    request.call.requestBody = body;
    const url = request.raw.url ?? '';
    const query = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '');
    const params = request.params as Record<string, string>; // fastify's router returns only strings
    return route.handle(account, { params, query, body });
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    throw error;
  }
}

/** The remaining calls of a fault are stored in the data file; a full disk must not hide the fault. */
function commitQuietly({ commit }: ApiOptions): void {
  try {
    commit();
  } catch {
    // The next commit writes this change too, or reports the failure.
  }
}

function fail(fault: Fault, request: FastifyRequest, reply: FastifyReply): void {
  if (typeof fault.status === 'number') {
    request.call.answer(request, reply, faultAnswer(fault.status, fault));
  } else if (fault.status === 'garbage') {
    const headers = { 'content-type': 'application/json' };
    request.call.answer(request, reply, { status: 200, text: '<html><body>This is not JSON', headers });
  } else if (fault.status === 'timeout') {
    reply.hijack(); // the connection stays open until the client gives up or the sandbox closes
  } else {
    cut(request, reply).resetAndDestroy(); // like a crashed proxy
  }
}

/** Stops answering, so that the caller can close the connection. */
function cut(request: FastifyRequest, reply: FastifyReply): Socket {
  request.call.endUnanswered();
  reply.hijack();
  return request.raw.socket;
}

/** An unknown path is 404; a known path with the wrong method is 405 and lists the allowed methods. */
function answerUnknown(request: FastifyRequest): Answer {
  const path = (request.raw.url ?? '').replace(/\?.*$/, '').replace(/\/$/, '');
  const allowed = routes.filter((route) => patternOf(route).test(path)).map(({ method }) => method);
  if (allowed.length === 0) return refuse(404, `Unknown path ${path.slice(0, 200)}`).answer;
  const { answer } = refuse(405, `Method ${request.method} is not allowed. Allowed: ${allowed.join(', ')}`);
  return { ...answer, headers: { allow: allowed.join(', ') } };
}

function patternOf({ path }: Route): RegExp {
  return new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`);
}

function pause(milliseconds: number, reply: FastifyReply): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    reply.raw.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
