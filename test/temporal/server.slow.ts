import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { isAlive } from '../../tools/temporal-server/cache.js';
import { DatabaseInUseError } from '../../tools/temporal-server/database.js';
import { type EmbeddedServer, type StartServerOptions, startServer } from '../../tools/temporal-server/server.js';
import { eventually } from '../support/eventually.js';

describe('the embedded server', () => {
  const started: EmbeddedServer[] = [];

  async function start(options: StartServerOptions = {}): Promise<EmbeddedServer> {
    const server = await startServer({ port: 0, ui: false, download: false, ...options });
    started.push(server);
    return server;
  }

  afterEach(async () => {
    await Promise.all(started.splice(0).map((server) => server.stop()));
  });

  it('serves gRPC, the Web UI and its metrics', async () => {
    const server = await start({ ui: true, uiPort: 0 });

    await withClient(server, async ({ connection }) => {
      const { serverVersion } = await connection.workflowService.getSystemInfo({});
      assert.match(serverVersion, /^1\.\d+/);
    });
    await eventually(async () => (await fetch(`${server.uiUrl}`).catch(() => undefined))?.ok === true);
    await eventually(async () => /^action\{/m.test(await (await fetch(server.metricsUrl)).text()));
  });

  it('does not partition its queues, so workers get their full rate', async () => {
    const { namespace, ...server } = await start();

    await withClient({ namespace, ...server }, async ({ connection }) => {
      const taskQueue = { name: 'chartmogul/default' };
      const parts = await connection.workflowService.listTaskQueuePartitions({ namespace, taskQueue });
      assert.equal(parts.activityTaskQueuePartitions.length, 1);
      assert.equal(parts.workflowTaskQueuePartitions.length, 1);
    });
  });

  it('keeps closed workflows for 90 days', async () => {
    const server = await start();

    await withClient(server, async ({ connection }) => {
      const { config } = await connection.workflowService.describeNamespace({ namespace: server.namespace });
      assert.equal(Number(config?.workflowExecutionRetentionTtl?.seconds), 90 * 24 * 60 * 60);
    });
  });

  it('uses another port if the requested ones are in use', async () => {
    // With unref(), so that a failed start does not keep the test process alive.
    const occupied = createServer().listen(0, '127.0.0.1').unref();
    await once(occupied, 'listening');
    const address = occupied.address();
    assert.ok(typeof address === 'object' && address);

    const server = await start({ port: address.port, ui: true, uiPort: address.port, metricsPort: address.port });

    occupied.close();
    const ports = [server.address, server.uiUrl, server.metricsUrl].map(
      (url) => /:(\d+)(\/metrics)?$/.exec(`${url}`)?.[1],
    );
    assert.equal(new Set([...ports, String(address.port)]).size, 4, `${ports}`);
  });

  it('uses the requested port', async () => {
    const first = await start();
    const port = Number(first.address.split(':')[1]);
    await first.stop();

    const second = await start({ port });

    assert.equal(second.address, first.address);
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`keeps its workflows in a file after ${signal}`, async () => {
      const dbFilename = await databaseFile();
      const first = await start({ dbFilename });
      await withClient(first, async ({ workflow }) => {
        await workflow.start('withoutWorker', { workflowId: 'kept', taskQueue: 'none', args: ['Adam'] });
      });

      process.kill(first.pid, signal);
      await first.ended;
      const second = await start({ dbFilename });

      await withClient(second, async ({ workflow }) => {
        const { status, type } = await workflow.getHandle('kept').describe();
        assert.deepEqual({ status: status.name, type }, { status: 'RUNNING', type: 'withoutWorker' });
      });
    });
  }

  it('replaces a file whose tables were never completed', async () => {
    const dbFilename = await databaseFile();
    await writeFile(dbFilename, '');
    await writeFile(`${dbFilename}.incomplete`, '');

    const server = await start({ dbFilename });

    assert.ok(isAlive(server.pid));
    const files = await readdir(dirname(dbFilename));
    assert.ok(!files.includes('temporal.db.incomplete'), `${files}`);
  });

  it('rejects a file that another server uses', async () => {
    const dbFilename = await databaseFile();
    const server = await start({ dbFilename });

    await assert.rejects(start({ dbFilename }), (error: Error) => {
      assert.ok(error instanceof DatabaseInUseError);
      assert.ok(error.message.includes(server.address), error.message);
      return true;
    });
  });

  it('creates the folder of its file', async () => {
    const server = await start({ dbFilename: join(await databaseFile(), 'in', 'folders', 'temporal.db') });

    assert.ok(isAlive(server.pid));
  });

  it('includes the server output if it exits at startup', async () => {
    const dbFilename = await databaseFile();
    await writeFile(dbFilename, 'not a database');

    await assert.rejects(start({ dbFilename }), /exited at startup.*not a database/s);
  });

  it('exits with the process that started it, even if that is killed', async () => {
    const parent = startInAnotherProcess();
    const firstLine = once(createInterface(parent.stdout), 'line');
    const [line] = await Promise.race([firstLine, once(parent, 'exit')]);
    const pid = Number(line);
    assert.ok(isAlive(pid));

    parent.kill('SIGKILL');

    await eventually(() => !isAlive(pid));
  });
});

async function databaseFile(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'temporal-')), 'temporal.db');
}

async function withClient(server: EmbeddedServer, story: (client: Client) => Promise<void>): Promise<void> {
  const connection = await Connection.connect({ address: server.address });
  try {
    await story(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

function startInAnotherProcess(): ChildProcessByStdio<null, Readable, null> {
  const program = fileURLToPath(new URL('fixtures/start-and-wait.ts', import.meta.url));
  return spawn(process.execPath, ['--import', 'tsx', program], { stdio: ['ignore', 'pipe', 'inherit'] });
}
