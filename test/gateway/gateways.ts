import assert from 'node:assert/strict';
import { pino } from 'pino';
import { makeKey, type Scope } from '../../src/gateway/access.js';
import { gatewayConfig } from '../../src/gateway/config.js';
import { type Gateway, startGateway } from '../../src/gateway/gateway.js';
import type { ConnectedClient } from '../../src/temporal/connect.js';
import { connectClient } from '../../src/temporal/connect.js';
import { testServer } from '../support/temporal-server.js';

/** A gateway on the test run's Temporal server, over real HTTP, with a key for each scope. */
export interface TestGateway extends Gateway {
  readonly account: string;
  readonly client: ConnectedClient;
  /** The lines of its log. */
  readonly logged: readonly string[];
  readonly keys: { readonly [scope in Scope | 'all']: string };
  /** Their entries for `GATEWAY_KEYS`. */
  readonly entries: readonly string[];
  /** Sends a request. Bodies other than strings are sent as JSON. Default key: the one with all scopes. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Any JSON: tests check the fields that they expect.
  // biome-ignore lint/suspicious/noExplicitAny: a border
  readonly body: any;
}

export interface GatewayOptions {
  readonly account: string;
  readonly env?: Record<string, string>;
  readonly isLocal?: boolean;
  /** Default: the test run's server. */
  readonly address?: string;
  /** A namespace of that server. */
  readonly namespace?: string;
}

export async function openGateway({
  account,
  env = {},
  isLocal = false,
  address,
  namespace = 'default',
}: GatewayOptions): Promise<TestGateway> {
  const made = {
    all: makeKey({ name: 'all', account, scopes: ['ingest', 'read', 'operate'] }),
    ingest: makeKey({ name: 'ingest', account, scopes: ['ingest'] }),
    read: makeKey({ name: 'read', account, scopes: ['read'] }),
    operate: makeKey({ name: 'operate', account, scopes: ['operate'] }),
  };
  const entries = Object.values(made).map(({ entry }) => entry);
  const logged: string[] = [];
  const log = pino({ base: null }, { write: (line) => void logged.push(line) });
  const server = address === undefined ? await testServer() : { address, namespace };
  const client = await connectClient({ address: server.address, namespace: server.namespace, env: {} });
  const settings = {
    GATEWAY_PORT: '0',
    GATEWAY_OPERATIONS_PORT: '0',
    JOURNEY_ACCOUNT: account,
    ...(isLocal ? {} : { GATEWAY_KEYS: entries.join(' ') }),
    ...env,
  };
  const config = gatewayConfig(settings, { isLocal });
  const gateway = await startGateway({ client, config, log, env: { TEMPORAL_UI_URL: 'http://ui.example' } });
  const keys = { all: made.all.key, ingest: made.ingest.key, read: made.read.key, operate: made.operate.key };
  return {
    ...gateway,
    account,
    client,
    logged,
    keys,
    entries,
    async ask(method, path, body, headers = {}) {
      const isJson = body !== undefined && typeof body !== 'string';
      const answer = await fetch(gateway.url + path, {
        method,
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(!isLocal && { authorization: `Bearer ${keys.all}` }),
          ...headers,
        },
        ...(body !== undefined && { body: isJson ? JSON.stringify(body) : body }),
      });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
    },
    async close() {
      await gateway.close();
      await client.connection.close();
    },
  };
}

/** Asserts that a response is this problem, in the format of RFC 9457. */
export function assertProblem({ status, headers, body }: Answer, expected: number, code: string): void {
  assert.equal(status, expected, JSON.stringify(body));
  assert.equal(headers.get('content-type'), 'application/problem+json');
  assert.equal(body.type, `urn:customer-journey:problem:${code}`);
  assert.equal(body.status, expected);
  assert.ok(body.detail.length > 0 && body.title.length > 0);
}

/** The answer of `/readyz`, with its reasons joined. */
export async function readiness({ operationsUrl }: Pick<Gateway, 'operationsUrl'>) {
  const answer = await fetch(`${operationsUrl}/readyz`);
  const { reasons } = (await answer.json()) as { reasons?: string[] };
  return { status: answer.status, reason: reasons?.join('; ') };
}
