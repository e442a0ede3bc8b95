import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findServerBinary, ServerBinaryError } from '../../tools/temporal-server/binary.js';
import { buildPath, buildServer } from '../../tools/temporal-server/build.js';
import { downloadServer } from '../../tools/temporal-server/download.js';

describe('the binary of the server', () => {
  let home: string;
  let programs: string;
  /** A machine of its own: an empty cache, no program on the PATH, and a network that refuses. */
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

  it('is the one that TEMPORAL_CLI names, before any other', async () => {
    await install('temporal', 'echo temporal version 1.9.1');
    const TEMPORAL_CLI = await install('mine', '');

    assert.equal(await findServerBinary({ env: { ...env, TEMPORAL_CLI } }), TEMPORAL_CLI);
  });

  it('is never another one if what TEMPORAL_CLI names is missing', async () => {
    await install('temporal', 'echo temporal version 1.9.1');

    await assert.rejects(findServerBinary({ env: { ...env, TEMPORAL_CLI: '/no/such' } }), /TEMPORAL_CLI is \/no\/such/);
  });

  for (const version of ['1.9.0', '1.10.2', '2.0.0']) {
    it(`is the CLI on the PATH if that is ${version}`, async () => {
      await install('temporal', `echo "temporal version ${version} (Server 1.32.0, UI 2.54.1)"`);

      assert.equal(await findServerBinary({ env, onProgress }), 'temporal');
    });
  }

  it('is an earlier build rather than a download', async () => {
    const built = await buildPath(env);
    await mkdir(dirname(built), { recursive: true });
    await writeFile(built, '', { mode: 0o755 });

    assert.equal(await findServerBinary({ env, onProgress }), built);
    assert.deepEqual(progress, []);
  });

  it('is built with Go if all else fails, once', async () => {
    await install('go', fakeGo);

    const binary = await findServerBinary({ env, onProgress });
    const again = await findServerBinary({ env, onProgress });

    assert.equal(binary, await buildPath(env));
    assert.equal(again, binary);
    assert.equal(progress.filter((line) => line.startsWith('Building')).length, 1);
    assert.match(progress.at(-1) ?? '', /^Built the Temporal server in \d+ s\.$/);
  });

  it('is missing with one error that names every way to get it', async () => {
    await install('temporal', 'echo temporal version 1.8.2');

    await assert.rejects(findServerBinary({ env, onProgress }), (error: Error) => {
      assert.ok(error instanceof ServerBinaryError);
      for (const way of [
        /too old/,
        /download/,
        /install the Temporal CLI/,
        /TEMPORAL_CLI/,
        /install Go/,
        /TEMPORAL_ADDRESS/,
      ]) {
        assert.match(error.message, way);
      }
      return true;
    });
  });

  it('is not built by a test, which has no minutes, but asked for with the command that builds it', async () => {
    await install('go', fakeGo);

    await assert.rejects(findServerBinary({ env, onProgress, build: false }), /npm run temporal-server/);
  });

  describe('as a build', () => {
    it('is made once by two processes that start together', async () => {
      await install('go', fakeGo);

      const found = await Promise.all([buildServer(env, onProgress), buildServer(env, onProgress)]);

      const path = await buildPath(env);
      assert.deepEqual(found, [{ path }, { path }]);
      assert.equal(await readFile(join(home, 'builds'), 'utf8'), 'built\n');
      assert.deepEqual(await readdir(dirname(path)), ['temporal-server']);
    });

    it('is made although a process died while making it', async () => {
      await install('go', fakeGo);
      const path = await buildPath(env);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.lock`, '999999999');

      assert.deepEqual(await buildServer(env, onProgress), { path });
    });

    it('says what the compiler said if it fails', async () => {
      await install('go', '[ "$1" = version ] || { echo "main.go:1: this is not Go" >&2; exit 1; }');

      const found = await buildServer(env, onProgress);

      assert.ok('reason' in found);
      assert.match(found.reason, /main\.go:1: this is not Go/);
    });

    it('belongs to its source, wherever the checkout is', async () => {
      const source = new URL('../../tools/temporal-server/go/', import.meta.url);
      const copy = join(home, 'checkout');
      for (const file of ['go.mod', 'go.sum', 'main.go']) await cp(new URL(file, source), join(copy, file));
      const present = await buildPath(env);
      assert.equal(await buildPath(env, copy), present);

      await writeFile(join(copy, 'go.sum'), 'changed');

      assert.notEqual(await buildPath(env, copy), present);
    });

    it('lies in XDG_CACHE_HOME if that is set', async () => {
      assert.ok((await buildPath({ ...env, XDG_CACHE_HOME: '/caches' })).startsWith('/caches/customer-journey/'));
    });
  });

  describe('as a download', () => {
    it('is given up when nothing answers', async () => {
      const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const address = silent.address();
      assert.ok(typeof address === 'object' && address);
      const HTTPS_PROXY = `http://127.0.0.1:${address.port}`;
      const since = Date.now();

      const found = await downloadServer({ ...env, HTTPS_PROXY }, onProgress, '3 seconds');

      silent.close();
      assert.ok('reason' in found);
      assert.ok(Date.now() - since >= 3000);
      assert.match(progress.at(-1) ?? '', /could not be downloaded/);
    });
  });
});

/** Stands in for four minutes of compilation: notes that it ran, and writes a program where `-o` says. */
const fakeGo = `
[ "$1" = version ] && exit 0
echo built >> "$HOME/builds"
while [ "$1" != -o ]; do shift; done
PATH=/bin:/usr/bin
touch "$2" && chmod +x "$2"`;
