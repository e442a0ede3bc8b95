import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { apiKey } from '../../packages/chartmogul-sandbox/src/index.js';
import { type ConnectedClient, connectClient } from '../../src/temporal/connect.js';
import { searchAttributeKeys } from '../../src/workflows/search-attributes.js';
import { type EmbeddedServer, startServer } from '../temporal-server/server.js';
import { type StartedProcess, startProcess } from './process.js';
import { SandboxControl } from './sandbox.js';
import { firstBuild, setCurrent } from './versions.js';
import { openWire, type Passing, type Wire } from './wire.js';

/** Delays answers, so that kills hit requests in progress. */
const latencyMs = 40;

/** Merges take effect at the second read, and the survivor keeps the payer's dates: the worst known behaviour. */
export const knobs = { latencyMs, mergeAfterReads: 2, mergeDelayMs: 0, mergeDates: 'primary_wins' } as const;

export type Target = 'worker 1' | 'worker 2' | 'server' | 'sandbox';
export const targets: readonly Target[] = ['worker 1', 'worker 2', 'server', 'sandbox'];

/** A part of the stack that exited without being killed. */
export interface UnaskedEnd {
  readonly target: Target;
  readonly exitCode: number | null;
  readonly lastWords: string;
}

/** The whole product as processes: server, sandbox, and two workers, each with its own wire. */
export class Stack {
  readonly unaskedEnds: UnaskedEnd[] = [];
  /** All requests of the workers, in order of arrival. */
  readonly requests: Passing[] = [];
  readonly wires = new Map<Target, Wire>();
  /** The deployment version that a worker has when it is started the next time. */
  readonly builds = new Map<Target, string>();
  leadsSourceUuid = '';
  sandbox = new SandboxControl('');
  private readonly running = new Map<Target, { readonly pid: number; readonly ended: Promise<unknown> }>();
  private server: EmbeddedServer | undefined;
  private connected: ConnectedClient | undefined;
  private isEnding = false;
  private ports = { server: 0, sandbox: 0 };

  private constructor(readonly folder: string) {}

  /** Starts everything with files in a new folder. */
  static async start(): Promise<Stack> {
    const stack = new Stack(await mkdtemp(join(tmpdir(), 'customer-journey-drill-')));
    await stack.startServer();
    stack.connected = await connectClient({ env: {}, address: stack.address });
    await stack.startSandbox();
    stack.leadsSourceUuid = (await stack.sandbox.reset(knobs)).leadsSourceUuid;
    for (const worker of ['worker 1', 'worker 2'] as const) {
      const onRequest = (passing: Passing) => void stack.requests.push(passing);
      stack.builds.set(worker, firstBuild);
      stack.wires.set(worker, await openWire({ upstream: stack.sandbox.url, onRequest }));
    }
    await Promise.all([stack.start('worker 1'), stack.start('worker 2')]);
    await setCurrent(stack.address, firstBuild);
    return stack;
  }

  get address(): string {
    return `127.0.0.1:${this.ports.server}`;
  }

  get client(): ConnectedClient {
    if (!this.connected) throw new Error('the stack is not started');
    return this.connected;
  }

  isRunning(target: Target): boolean {
    return this.running.has(target);
  }

  /** Requests in progress, of one worker or of both. */
  requestsUnderWay(target: Target): number {
    const wires = target.startsWith('worker') ? [this.wires.get(target)] : [...this.wires.values()];
    return wires.reduce((sum, wire) => sum + (wire?.underWay.size ?? 0), 0);
  }

  /** Kills a process and waits until it has exited. */
  async kill(target: Target): Promise<void> {
    const victim = this.running.get(target);
    if (!victim) return;
    this.running.delete(target);
    process.kill(victim.pid, 'SIGKILL');
    await victim.ended;
  }

  /** Restarts a process on the same port and file. Returns when it is ready, or has exited again. */
  async start(target: Target): Promise<void> {
    if (this.isEnding || this.isRunning(target)) return;
    if (target === 'server') return this.startServer();
    if (target === 'sandbox') return this.startSandbox();
    const worker = this.startWorker(target);
    this.keep(target, worker);
    await worker.said('worker started').catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.isEnding = true;
    await this.connected?.connection.close();
    for (const target of targets) await this.kill(target);
    for (const wire of this.wires.values()) await wire.close();
  }

  async removeFiles(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private startWorker(target: Target): StartedProcess {
    return startProcess('src/worker.ts', [], {
      TEMPORAL_ADDRESS: this.address,
      CHARTMOGUL_API_KEY: apiKey,
      CHARTMOGUL_URL: this.wires.get(target)?.url ?? '',
      CHARTMOGUL_TIMEOUT: '2 seconds',
      WORKER_BUILD_ID: this.builds.get(target) ?? firstBuild,
      LOG_LEVEL: 'info',
      WORKER_OPERATIONS_PORT: '0', // several workers run on this machine
    });
  }

  private async startSandbox(): Promise<void> {
    // The first start uses any free port, all later starts reuse it.
    const args = ['--port', String(this.ports.sandbox), '--data', join(this.folder, 'chartmogul'), '--quiet'];
    const sandbox = startProcess('packages/chartmogul-sandbox/src/main.ts', args);
    this.keep('sandbox', sandbox);
    await sandbox.said('sandbox at');
    const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(sandbox.lastWords()) ?? [];
    this.ports.sandbox = Number(new URL(url).port);
    this.sandbox = new SandboxControl(url);
  }

  private async startServer(): Promise<void> {
    const dbFilename = join(this.folder, 'temporal.db');
    for (;;) {
      const { server: port } = this.ports;
      const options = { dbFilename, port, ui: false, timeSkipping: true, searchAttributes: searchAttributeKeys };
      const server = await startServer(options);
      const startedOn = Number(server.address.split(':')[1]);
      if (port === 0 || port === startedOn) {
        this.ports.server = startedOn;
        this.server = server;
        this.running.set('server', { pid: server.pid, ended: server.ended });
        return;
      }
      await server.stop(); // the kernel still held the port of the killed server
      await sleep(200);
    }
  }

  /** Tracks a process, and restarts it if it exits by itself, like a service supervisor. */
  private keep(target: Target, started: StartedProcess): void {
    this.running.set(target, started);
    void started.ended.then(async (exitCode) => {
      if (this.running.get(target) !== started) return; // we killed it
      this.running.delete(target);
      this.unaskedEnds.push({ target, exitCode, lastWords: started.lastWords() });
      await sleep(500);
      await this.start(target);
    });
  }
}
