import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { apiKey } from '../../packages/chartmogul-sandbox/src/index.js';
import { freePort } from '../cluster/network.js';
import { startServer } from '../temporal-server/server.js';
import { buildImage, type Image } from './image.js';

/**
 * Tries the files of `deploy/`: `npm run test:deploy`. It builds the image's stages as folders, starts the sandbox, a
 * worker and a gateway from them as a user who can write nothing, takes a lead to proven, and, if Prometheus is
 * installed, tests the alerts and asks every query of the dashboard of what they show. Exit code 1: something failed.
 */
const project = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const waitMs = 120_000;
/** Series that exist only after a failure, which this run does not have. */
const onlyAfterFailures = /attention|refusals_total|execution_failed_total|request_failure_total/;

const folder = await mkdtemp(join(tmpdir(), 'customer-journey-deploy-'));
const children: ChildProcess[] = [];
const server = await startServer({ port: 0, ui: false });
let failed = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end().then(() => process.exit(1)));
try {
  const images = await buildImage(join(project, 'deploy/Dockerfile'), project, folder, (step) =>
    console.log(`  ${step}`),
  );
  const { sandbox, image } = Object.fromEntries(images);
  if (!sandbox || !image) throw new Error('The Dockerfile has no stage `sandbox`, or no last stage.');
  await checkSbom(image);
  const ports = {
    sandbox: await freePort(),
    worker: await freePort(),
    gateway: await freePort(),
    operations: await freePort(),
  };
  const key = await newKey(image);
  const env = {
    TEMPORAL_ADDRESS: server.address,
    CHARTMOGUL_URL: `http://127.0.0.1:${ports.sandbox}`,
    CHARTMOGUL_API_KEY: apiKey,
    LOG_LEVEL: 'warn',
  };
  start(sandbox, {}, ['--quiet', '--port', String(ports.sandbox), '--ingest-delay-ms', '0', '--merge-delay-ms', '500']);
  start(image, { ...env, WORKER_OPERATIONS_PORT: String(ports.worker) }, ['worker']);
  start(
    image,
    {
      ...env,
      GATEWAY_PORT: String(ports.gateway),
      GATEWAY_OPERATIONS_PORT: String(ports.operations),
      GATEWAY_KEYS: key.entry,
    },
    ['gateway'],
  );
  await check('the worker is healthy and ready', () => isReady(ports.worker));
  await check('the gateway is healthy and ready', () => isReady(ports.operations));
  await proveLead(ports, key.key);
  await checkPrometheus(ports);
} finally {
  await end();
}
process.exitCode = failed === 0 ? 0 : 1;

async function end(): Promise<void> {
  for (const child of children.splice(0)) {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

async function check(what: string, holds: () => Promise<boolean | undefined>): Promise<void> {
  const until = Date.now() + waitMs;
  let isGood = false;
  while (!isGood && Date.now() < until) {
    isGood = (await holds().catch(() => false)) === true;
    if (!isGood) await sleep(300);
  }
  tell(isGood, what);
}

function tell(isGood: boolean, what: string): void {
  if (!isGood) failed += 1;
  console.log(`${isGood ? 'ok    ' : 'FAILED'}  ${what}`);
}

/** As an unprivileged user, if this one may choose: the files belong to another one, so the process can change none. */
function start(
  { root, workdir, env, command }: Image,
  settings: Record<string, string>,
  args: readonly string[],
): void {
  const [program = '', ...rest] = command.slice(0, -defaultArguments(command));
  const child = spawn(program, [...rest, ...args], {
    cwd: join(root, workdir),
    env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...env, ...settings },
    stdio: ['ignore', 'inherit', 'inherit'],
    ...(process.getuid?.() === 0 && { uid: 65_534, gid: 65_534 }),
  });
  children.push(child);
}

/** The arguments of `CMD`, which a container's own arguments replace. */
function defaultArguments(command: readonly string[]): number {
  return command.length - (command.findIndex((part) => part.endsWith('.js')) + 1);
}

async function checkSbom({ root, workdir }: Image): Promise<void> {
  const { components } = JSON.parse(await readFile(join(root, workdir, 'sbom.cdx.json'), 'utf8'));
  const names = components.map(({ name }: { name: string }) => name);
  tell(
    names.includes('fastify') && !names.includes('mocha'),
    `the SBOM names ${names.length} packages, none for tests`,
  );
}

async function newKey({ root, workdir }: Image): Promise<{ readonly key: string; readonly entry: string }> {
  const { stdout } = await run(process.execPath, ['lib/starter.js', 'key', '--name', 'deploy', '--json'], {
    cwd: join(root, workdir),
  });
  return JSON.parse(stdout);
}

async function isReady(port: number): Promise<boolean> {
  const answers = await Promise.all(['healthz', 'readyz'].map((probe) => fetch(`http://127.0.0.1:${port}/${probe}`)));
  return answers.every(({ ok }) => ok);
}

async function proveLead(ports: { readonly sandbox: number; readonly gateway: number }, key: string): Promise<void> {
  const gateway = `http://127.0.0.1:${ports.gateway}/v1`;
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  await fetch(`http://127.0.0.1:${ports.sandbox}/_sandbox/stripe/customers`, {
    method: 'POST',
    body: JSON.stringify({ external_id: 'cus_1', paid_at: '2016-02-25' }),
  });
  for (const [type, occurred_at, data] of [
    ['lead.created', '2016-01-05T00:00:00Z', {}],
    ['payment.succeeded', '2016-02-25T09:30:00Z', { billing_customer_id: 'cus_1' }],
  ] as const) {
    const body = JSON.stringify({ type, lead_id: 'lead_1', occurred_at, data });
    await check(`the gateway accepts ${type}`, async () => {
      return (await fetch(`${gateway}/events`, { method: 'POST', headers, body })).status === 202;
    });
  }
  await check('the lead is proven', async () => {
    const answer = await fetch(`${gateway}/leads/lead_1`, { headers });
    return ((await answer.json()) as { stage?: string }).stage === 'proven';
  });
}

async function checkPrometheus(ports: { readonly worker: number; readonly operations: number }): Promise<void> {
  const isInstalled = await run('prometheus', ['--version']).then(
    () => true,
    () => false,
  );
  if (!isInstalled) {
    console.log('skipped  alerts and dashboard: Prometheus is not installed');
    return;
  }
  const rules = join(project, 'deploy/prometheus');
  await check('the alerts pass their tests', () =>
    run('promtool', ['test', 'rules', join(rules, 'alerts.test.yaml')]).then(() => true),
  );
  const configured = (await readFile(join(rules, 'prometheus.yaml'), 'utf8'))
    .replace('9465', String(ports.worker))
    .replace('9464', String(ports.operations))
    .replace('scrape_interval: 15s', 'scrape_interval: 1s')
    .replace('alerts.yaml', join(rules, 'alerts.yaml'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/api/v1`;
  const config = join(folder, 'prometheus.yaml');
  await writeFile(config, configured);
  const listen = `--web.listen-address=127.0.0.1:${port}`;
  const child = spawn(
    'prometheus',
    [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`, listen, '--log.level=error'],
    { stdio: 'inherit' },
  );
  children.push(child);
  const ask = async (query: string): Promise<unknown[]> => {
    const answer = await fetch(`${url}/query?query=${encodeURIComponent(query)}`);
    const { status, data, error } = (await answer.json()) as {
      status: string;
      error?: string;
      data?: { result: unknown[] };
    };
    if (status !== 'success') throw new Error(error);
    return data?.result ?? [];
  };
  await check('Prometheus reads both processes', async () => (await ask('up == 1')).length === 2);
  for (const { title, query } of await dashboardQueries()) {
    await check(`dashboard: ${title}: ${query}`, async () => {
      const result = await ask(query);
      return result.length > 0 || onlyAfterFailures.test(query);
    });
  }
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

async function dashboardQueries(): Promise<{ readonly title: string; readonly query: string }[]> {
  const { panels } = JSON.parse(await readFile(join(project, 'deploy/grafana/dashboard.json'), 'utf8'));
  return panels.flatMap(({ title, targets = [] }: Panel) =>
    targets.map(({ expr }) => ({
      title,
      query: expr.replaceAll('$account', '.*').replaceAll('$__rate_interval', '1m'),
    })),
  );
}
