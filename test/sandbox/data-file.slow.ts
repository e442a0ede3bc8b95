import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { ChartMogul, configFor } from './official-client.js';

const { Customer } = ChartMogul;

describe('the data file of a sandbox process', () => {
  let folder: string;
  let data: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sandbox-'));
    data = join(folder, 'data.jsonl');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('has every change that was answered before a SIGKILL', async () => {
    const { child, url, source } = await spawnSandbox(['--data', data, '--rate-limit-per-second', '0']);
    const config = configFor(url);
    const answered: string[] = [];
    const creating = Array.from({ length: 4 }, async (_, worker) => {
      for (let number = 0; ; number++) {
        const externalId = `lead_${worker}_${number}`;
        await Customer.create(config, { data_source_uuid: source, external_id: externalId });
        answered.push(externalId);
        if (answered.length === 60) child.kill('SIGKILL');
      }
    });
    await Promise.allSettled(creating);
    const again = await startSandbox({ data });
    const held = new Set(again.customers().map(({ external_id }) => external_id));
    await again.close();
    assert.ok(answered.length >= 60);
    assert.deepEqual(
      answered.filter((externalId) => !held.has(externalId)),
      [],
    );
  });

  it('answers 500 if a write fails on a full disk, and keeps what was written', async () => {
    // A file size limit acts like a full disk: the last line is written partially.
    const { child, url, source } = await spawnSandbox(['--data', data, '--rate-limit-per-second', '0'], 'ulimit -f 8');
    const create = (externalId: string) =>
      Customer.create(configFor(url), { data_source_uuid: source, external_id: externalId });
    const written: string[] = [];
    let failure: { status?: number; body?: unknown } = {};
    while (failure.status === undefined) {
      await create(`lead_${written.length}`).then(
        ({ external_id }) => written.push(external_id),
        ({ status, response }) => {
          failure = { status, body: response.body };
        },
      );
    }
    child.kill('SIGKILL');
    assert.equal(failure.status, 500);
    assert.match(Object(failure.body).message, /^The data file .* cannot be written/);
    const again = await startSandbox({ data });
    const held = again.customers().map(({ external_id }) => external_id);
    await again.close();
    assert.ok(written.length > 0);
    assert.deepEqual(held.slice(0, written.length), written);
  });
});

describe('the command line of the sandbox', () => {
  it('prints its usage, serves, and exits on SIGTERM', async () => {
    const { child, url, printed } = await spawnSandbox(['--merge-dates', 'earliest', '--name-required', 'true']);
    assert.match(printed, /sandbox-key/);
    assert.match(printed, /curl -u sandbox-key:/);
    const knobs = Object(await (await fetch(`${url}/_sandbox/knobs`)).json());
    assert.deepEqual([knobs.mergeDates, knobs.nameRequired], ['earliest', true]);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });

  it('rejects an invalid knob value and names the knob', async () => {
    const child = run(['--merge-dates', 'latest']);
    let printed = '';
    child.stderr?.on('data', (chunk) => {
      printed += chunk;
    });
    const [code] = await once(child, 'close');
    assert.equal(code, 1);
    assert.match(printed, /mergeDates/);
  });
});

function run(options: string[], before = ':'): ChildProcess {
  const program = ['--import', 'tsx', 'packages/chartmogul-sandbox/src/main.ts', '--port', '0', ...options];
  return spawn('sh', ['-c', `${before}; exec "$0" "$@"`, process.execPath, ...program]);
}

/** Starts the program, after a shell command if one is given, and waits until it has printed its URL. */
async function spawnSandbox(options: string[], before?: string) {
  const child = run(options, before);
  assert.ok(child.stdout);
  let printed = '';
  for await (const line of createInterface(child.stdout)) {
    printed += `${line}\n`;
    if (line.startsWith('See docs/sandbox.md')) break;
  }
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0] ?? '';
  const source = /"Leads" +(ds_\S+)/.exec(printed)?.[1] ?? '';
  return { child, printed, url, source };
}
