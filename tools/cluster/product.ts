import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Duration } from '@temporalio/common';
import { JourneyClient } from '../../packages/client/src/index.js';
import { milliseconds } from '../../src/domain/duration.js';
import { Journeys } from '../../src/journeys/index.js';
import { type ConnectedClient, connectClient } from '../../src/temporal/connect.js';
import type { Context } from './context.js';
import { freePort } from './network.js';
import type { Program } from './processes.js';
import { apiKey } from './sandbox.js';

/** The built package: what an operator installs. */
const starter = fileURLToPath(new URL('../../lib/starter.js', import.meta.url));

export type Environment = Readonly<Record<string, string>>;

/** How a command ended. */
export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The product's processes in a namespace of their own, with an empty sandbox. */
export class Product {
  private gatewayPort = 0;
  private readonly names: string[] = [];
  private connected: ConnectedClient | undefined;

  private constructor(
    private readonly context: Context,
    readonly namespace: string,
    private readonly folder: string,
    private readonly extra: Environment,
  ) {}

  /**
   * Creates the namespace and empties the sandbox. Starts no process.
   *
   * @param env more settings for every process, for example credentials
   * @param admin credentials that may create the namespace. Default: env
   */
  static async in(context: Context, namespace: string, env: Environment = {}, admin = env): Promise<Product> {
    const product = Product.of(context, namespace, env);
    await mkdir(product.folder, { recursive: true });
    await context.sandbox.reset();
    await context.cluster.createNamespace(namespace, { env: admin });
    return product;
  }

  /** The same namespace with other settings. */
  static of(context: Context, namespace: string, env: Environment): Product {
    return new Product(context, namespace, join(context.folder, 'product', namespace), env);
  }

  /** The settings of every process. @param host the frontend that it uses */
  env(host: 'a' | 'b' = 'a'): Environment {
    return {
      TEMPORAL_ADDRESS: this.context.cluster.address(host),
      TEMPORAL_NAMESPACE: this.namespace,
      CHARTMOGUL_API_KEY: apiKey,
      CHARTMOGUL_URL: this.context.sandbox.url,
      CHARTMOGUL_REQUESTS_PER_SECOND: String(this.context.rate),
      WORKER_OPERATIONS_PORT: '0',
      LOG_LEVEL: 'info',
      ...this.extra,
    };
  }

  /** Starts a worker: an odd number uses one frontend, an even number the other. @throws EarlyExitError */
  async startWorker(number: number, env: Environment = {}): Promise<void> {
    const name = `worker-${number}`;
    const options = ['--max-semi-space-size=8', '--heap-growing-percent=30'];
    await this.start(name, {
      ...this.program(name, [...options, starter, 'worker']),
      env: { ...this.env(number % 2 === 1 ? 'a' : 'b'), ...env },
      isReady: (output) => output.includes('worker started'),
    });
  }

  /** Starts the gateway, without keys. @throws EarlyExitError */
  async startGateway(env: Environment = {}): Promise<void> {
    this.gatewayPort = await freePort();
    const gatewayPorts = {
      GATEWAY_PORT: String(this.gatewayPort),
      GATEWAY_OPERATIONS_PORT: String(await freePort()),
    };
    await this.start('gateway', {
      ...this.program('gateway', [starter, 'gateway', '--insecure-local']),
      env: { ...this.env('b'), ...gatewayPorts, ...env },
      isReady: (output) => output.includes('gateway started'),
    });
  }

  /** The gateway's client, which repeats what fails temporarily. */
  client(giveUpAfterMs = 300_000): JourneyClient {
    return new JourneyClient({ url: `http://127.0.0.1:${this.gatewayPort}`, giveUpAfterMs });
  }

  /** Sends one event of a new lead to the gateway, without repeating it. */
  async post(leadId: string): Promise<{ readonly status: number; readonly text: string }> {
    const event = { type: 'lead.created', lead_id: leadId, occurred_at: '2016-01-05T00:00:00Z' };
    const answer = await fetch(`http://127.0.0.1:${this.gatewayPort}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
    });
    return { status: answer.status, text: await answer.text() };
  }

  /** Reads journeys directly from Temporal. */
  async journeys(): Promise<Journeys> {
    const { CHARTMOGUL_API_KEY: _, ...env } = this.env();
    this.connected ??= await connectClient({ env });
    return new Journeys({ client: this.connected, timeout: '20 seconds', workerTimeout: '20 seconds' });
  }

  /** Runs a command of `customer-journey`, and ends it with SIGTERM after some time (default: 5 minutes). */
  commandLine(args: readonly string[], timeout: Duration = '5 minutes'): Promise<Ended> {
    const { PATH = '', HOME = '' } = process.env;
    const options = {
      env: { PATH, HOME, ...this.env() },
      timeout: milliseconds(timeout),
      maxBuffer: 100_000_000,
    };
    return new Promise((resolve) => {
      execFile(process.execPath, [starter, ...args], options, (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : Number(error.code ?? -1);
        resolve({ exitCode, stdout, stderr });
      });
    });
  }

  /** The name in {@link Processes} of one of this product's processes. */
  nameOf(process: string): string {
    return `${this.namespace} ${process}`;
  }

  async stopProcess(process: string): Promise<void> {
    await this.context.processes.stop(this.nameOf(process));
  }

  /** Stops all its processes. */
  async stop(): Promise<void> {
    await this.connected?.connection.close();
    this.connected = undefined;
    await Promise.all(this.names.map((name) => this.context.processes.stop(name)));
  }

  private async start(process: string, program: Program): Promise<void> {
    const name = this.nameOf(process);
    if (!this.names.includes(name)) this.names.push(name);
    await this.context.processes.start(name, program);
  }

  private program(name: string, args: readonly string[]) {
    return { command: process.execPath, args, log: join(this.folder, `${name}.log`) };
  }
}
