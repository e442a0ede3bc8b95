import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataFileError, type Sandbox, startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { ChartMogul, configFor } from './official-client.js';
import { quick } from './sandboxed.js';

const { Customer } = ChartMogul;

describe('the data file of the sandbox', () => {
  let folder: string;
  let data: string;
  let sandbox: Sandbox | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sandbox-'));
    data = join(folder, 'data.jsonl');
  });
  afterEach(async () => {
    await sandbox?.close();
    sandbox = undefined;
    rmSync(folder, { recursive: true });
  });

  const start = async (knobs: object = {}): Promise<Sandbox> => {
    await sandbox?.close();
    sandbox = await startSandbox({ ...quick, data, ...knobs });
    return sandbox;
  };
  const create = (externalId: string) => {
    assert.ok(sandbox);
    const ids = { data_source_uuid: sandbox.leadsSourceUuid, external_id: externalId };
    return Customer.create(configFor(sandbox.url), { ...ids, name: externalId });
  };
  const ids = () => sandbox?.customers().map(({ external_id }) => external_id);

  it('restores everything after a restart: records, sources, knobs, faults, pending jobs', async () => {
    const first = await start();
    first.reset({ mergeAfterReads: 1 });
    const [lead, other] = [await create('lead_1'), await create('lead_2')];
    const config = configFor(first.url);
    await Customer.createContact(config, lead.uuid, { email: 'eve@example.com' });
    await Customer.merge(config, { from: { customer_uuid: lead.uuid }, into: { customer_uuid: other.uuid } });
    first.ingest({ external_id: 'cus_1', delayMs: 0, afterLookups: 1 });
    first.fault({ route: 'GET /v1/ping', status: 500 });
    const { leadsSourceUuid, billingSourceUuid } = first;
    const before = first.customers();

    const second = await start();
    assert.deepEqual([second.leadsSourceUuid, second.billingSourceUuid], [leadsSourceUuid, billingSourceUuid]);
    assert.deepEqual(second.customers(), before);
    const again = configFor(second.url);
    assert.equal((await Customer.contacts(again, lead.uuid)).entries.length, 1);
    await assert.rejects(ChartMogul.Ping.ping(again), { status: 500 });
    assert.equal((await Customer.retrieve(again, other.uuid)).external_ids.length, 2);
    assert.equal((await Customer.all(again, { external_id: 'cus_1' })).entries.length, 1);
  });

  it('does not restore deleted data', async () => {
    await start();
    const { uuid } = await create('lead_1');
    await create('lead_2');
    await Customer.destroy(configFor(String(sandbox?.url)), uuid);
    await start();
    assert.deepEqual(ids(), ['lead_2']);
    sandbox?.reset();
    await create('lead_3');
    await start();
    assert.deepEqual(ids(), ['lead_3']);
  });

  it('loses only an incomplete line, not the lines before it or after a restart', async () => {
    await start();
    for (const id of ['a', 'b', 'c']) await create(id);
    await sandbox?.close();
    const whole = readFileSync(data, 'utf8');
    writeFileSync(data, whole.slice(0, -20)); // the end of c's line
    await start();
    assert.deepEqual(ids(), ['a', 'b']);
    await create('d');
    await start();
    assert.deepEqual(ids(), ['a', 'b', 'd']);
  });

  it('is readable despite damage in the middle', async () => {
    await start();
    await create('a');
    appendFileSync(data, '\0\0\0\n{"rows":{"customers":{"cus_\n"text"\nnull\n{"rows":null}\n');
    await create('b');
    await start();
    assert.deepEqual(ids(), ['a', 'b']);
  });

  it('is readable wherever its last line is cut', async () => {
    await start();
    await create('a');
    const kept = statSync(data).size;
    await create('b');
    await sandbox?.close();
    const whole = readFileSync(data);
    for (let size = kept; size < whole.length; size += 97) {
      writeFileSync(data, whole.subarray(0, size));
      await start();
      assert.deepEqual(ids(), ['a'], `torn at byte ${size}`);
    }
  });

  it('does not grow with every restart', async () => {
    await start();
    for (let change = 0; change < 50; change++) {
      const { uuid } = await create(`lead_${change}`);
      await Customer.destroy(configFor(String(sandbox?.url)), uuid);
    }
    const grown = statSync(data).size;
    await start();
    assert.ok(statSync(data).size < grown / 5);
  });

  it('that another program wrote is rejected and not changed', async () => {
    writeFileSync(data, 'precious\n');
    await assert.rejects(startSandbox({ data }), DataFileError);
    assert.equal(readFileSync(data, 'utf8'), 'precious\n');
  });

  it('is not changed by a sandbox whose port is in use', async () => {
    const first = await start();
    await create('a');
    const written = readFileSync(data, 'utf8');
    await assert.rejects(startSandbox({ data, port: first.port }), { code: 'EADDRINUSE' });
    assert.equal(readFileSync(data, 'utf8'), written);
    await create('b');
    await start();
    assert.deepEqual(ids(), ['a', 'b']);
  });

  it('fails with ENOENT if the folder is missing', async () => {
    await assert.rejects(startSandbox({ data: join(folder, 'none', 'data.jsonl') }), { code: 'ENOENT' });
  });
});
