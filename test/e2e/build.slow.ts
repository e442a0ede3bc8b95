import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { access, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apiKey, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { Journeys } from '../../src/starter.js';
import { atOnce } from '../support/journeys.js';
import { shared } from '../support/shared.js';
import { testServer } from '../support/temporal-server.js';
import { stopJourneyWorkers } from '../support/workers.js';
import { type Environment, endProcesses, type Running, startProgram, temporalEnvironment } from './processes.js';

const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

describe('npm run build', () => {
  let folder: string;
  before(async () => {
    await stopJourneyWorkers();
    folder = await shared('build');
  });
  after(endProcesses);

  it('writes a workflow bundle without Node.js modules and without paths of the build machine', async () => {
    const bundle = await readFile(join(folder, 'lib/workflow-bundle.js'), 'utf8');

    assert.match(bundle, /function customerJourney/);
    const required = [...bundle.matchAll(/\brequire\(["'](?:node:)?([\w/]+)["']\)/g)].flatMap(
      ([, module]) => module ?? [],
    );
    assert.deepEqual(
      required.filter((module) => builtinModules.includes(module)),
      [],
    );
    assert.ok(!bundle.includes(folder));
    assert.deepEqual(sourcesOf(bundle).filter(isAbsolute), []);
  });

  it('compiles with types and source maps', async () => {
    for (const ending of ['js', 'd.ts', 'js.map']) await access(join(folder, `lib/starter.${ending}`));
  });

  it('compiles the command line', async () => {
    const { exitCode, stdout } = await inBuild(folder, ['lib/starter.js', '--help']).ended;

    assert.equal(exitCode, 0);
    assert.match(stdout, /^Usage: customer-journey/);
  });

  it('compiles the Stripe reference module, which needs no package', async () => {
    const alone = await mkdtemp(join(tmpdir(), 'alone-'));
    try {
      // In a folder without node_modules, so that an import of any package fails.
      for (const part of ['stripe/index.js', 'stripe/reference.js', 'domain']) {
        await cp(join(folder, 'lib', part), join(alone, part), { recursive: true });
      }
      await writeFile(join(alone, 'package.json'), '{"type":"module"}');
      const program = `
        import { stripeReference } from './stripe/index.js';
        console.log(stripeReference('lead_42', { secret: 'x'.repeat(32) }));`;

      const { exitCode, stdout, stderr } = await inBuild(alone, ['--input-type=module', '--eval', program]).ended;

      assert.match(stdout, /^cj1-lead_42-/, stderr);
      assert.equal(exitCode, 0);
    } finally {
      await rm(alone, { recursive: true, force: true });
    }
  });

  it('compiles the client package, which needs no other package', async () => {
    const alone = await mkdtemp(join(tmpdir(), 'client-'));
    try {
      const args = ['-p', 'packages/client/tsconfig.json', '--outDir', alone];
      const compiling = startProgram(join(projectFolder, 'node_modules/.bin/tsc'), args, {}, { cwd: projectFolder });
      assert.equal((await compiling.ended).exitCode, 0, compiling.output());
      await writeFile(join(alone, 'package.json'), '{"type":"module"}');
      const program = `
        import { JourneyClient } from './index.js';
        console.log(new JourneyClient({ url: 'http://127.0.0.1' }) instanceof JourneyClient);`;

      const { stdout, stderr } = await inBuild(alone, ['--input-type=module', '--eval', program]).ended;

      assert.equal(stdout, 'true\n', stderr);
    } finally {
      await rm(alone, { recursive: true, force: true });
    }
  });

  it('contains every file that the package exports', async () => {
    const { exports } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));

    const paths = JSON.stringify(exports).match(/\.\/[^"]+\.\w+(?=")/g) ?? [];
    assert.ok(paths.length > 6);
    for (const path of paths) await access(join(folder, path));
  });

  describe('and npm pack', () => {
    let consumer: string;
    before(async () => {
      consumer = await makeConsumer(folder);
    });
    after(() => rm(consumer, { recursive: true, force: true }));

    it('gives types to ES modules and CommonJS with module node16, and skipLibCheck off', async () => {
      const flags = ['--ignoreConfig', '--strict', '--skipLibCheck', 'false', '--types', 'node', '--target', 'es2022'];
      const args = [...flags, '--module', 'node16', '--outDir', 'out', 'program.mts', 'program.cts'];

      const compiling = startProgram(join(projectFolder, 'node_modules/.bin/tsc'), args, {}, { cwd: consumer });

      assert.equal((await compiling.ended).exitCode, 0, compiling.output());
      for (const program of ['program.mjs', 'program.cjs']) {
        const { stdout, stderr } = await inBuild(consumer, [join('out', program)]).ended;
        assert.equal(stdout, 'function function leadCreated journey/default/lead_1 function\n', stderr);
      }
    });
  });

  it('compiles a worker that runs journeys from the bundle, without the workflow source', async () => {
    const copy = await withoutWorkflowSource(folder);
    const sandbox = await startSandbox(atOnce);
    try {
      const account = `built-${randomUUID().slice(0, 8)}`;
      const journeys = new Journeys({ client: (await testServer()).client, account });
      sandbox.ingest({ external_id: 'cus_1', paid_at: '2016-02-25T00:00:00Z' });
      const worker = inBuild(copy, ['lib/worker.js'], {
        ...(await temporalEnvironment(account)),
        CHARTMOGUL_API_KEY: apiKey,
        CHARTMOGUL_URL: sandbox.url,
      });
      await worker.said('worker started');

      await journeys.leadCreated('lead_1', { occurredAt: '2016-01-05T00:00:00Z' });
      await journeys.paymentSucceeded('lead_1', { occurredAt: '2016-02-25T00:00:00Z', billingCustomerId: 'cus_1' });
      const { outcome } = await journeys.handle('lead_1').result();

      assert.equal(outcome, 'proven');
      worker.process.kill('SIGTERM');
      assert.equal((await worker.ended).exitCode, 0);
    } finally {
      await sandbox.close();
      await rm(copy, { recursive: true, force: true });
    }
  });
});

/** A project that has installed the packed build and its dependencies, and nothing else. */
async function makeConsumer(folder: string): Promise<string> {
  const consumer = await mkdtemp(join(tmpdir(), 'consumer-'));
  const packing = startProgram(
    'npm',
    ['pack', '--ignore-scripts', '--pack-destination', consumer],
    {},
    { cwd: folder },
  );
  assert.equal((await packing.ended).exitCode, 0, packing.output());
  const { name, version, dependencies } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const modules = join(consumer, 'node_modules');
  await mkdir(join(modules, name), { recursive: true });
  const archive = join(consumer, `${name}-${version}.tgz`);
  const unpacking = startProgram('tar', ['-xzf', archive, '-C', join(modules, name), '--strip-components=1'], {});
  assert.equal((await unpacking.ended).exitCode, 0, unpacking.output());
  for (const dependency of [...Object.keys(dependencies), '@types/node']) {
    await mkdir(dirname(join(modules, dependency)), { recursive: true });
    await symlink(join(projectFolder, 'node_modules', dependency), join(modules, dependency), 'dir');
  }
  const program = `
    import { connectJourneys, Journeys, type JourneyView } from 'customer-journey';
    import { journeyId, leadCreated } from 'customer-journey/messages';
    import { stripeReference } from 'customer-journey/stripe';

    export async function stageOf(leadId: string): Promise<JourneyView['stage']> {
      const journeys = await connectJourneys();
      await journeys.leadCreated(leadId, { occurredAt: '2016-01-05T00:00:00Z' });
      return (await journeys.view(leadId)).stage;
    }
    console.log(typeof connectJourneys, typeof Journeys, leadCreated.name, journeyId('lead_1'), typeof stripeReference);`;
  for (const file of ['program.mts', 'program.cts']) await writeFile(join(consumer, file), program);
  return consumer;
}

/** A copy of the build without the workflow entry points, so that a worker cannot bundle them again. */
async function withoutWorkflowSource(folder: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'build-'));
  await cp(folder, copy, { recursive: true, verbatimSymlinks: true });
  await rm(join(copy, 'lib/workflows/index.js'));
  await rm(join(copy, 'lib/workflows/customer-journey.js'));
  return copy;
}

function inBuild(folder: string, args: readonly string[], env: Environment = {}): Running {
  return startProgram(process.execPath, args, env, { cwd: folder });
}

/** The module names in the inline source map of the bundle. */
function sourcesOf(bundle: string): string[] {
  const [, encoded = ''] = /sourceMappingURL=data:[^,]*;base64,([\w+/=]+)/.exec(bundle) ?? [];
  const { sources } = JSON.parse(Buffer.from(encoded, 'base64').toString());
  return sources;
}
