import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { makeKey } from '../../src/gateway/access.js';
import { endProcesses, type Running, start, temporalEnvironment } from '../e2e/processes.js';
import { TakenEvents, type WireEvent } from '../support/taken-events.js';
import { testServer } from '../support/temporal-server.js';

/** How many events are accepted before the gateway is killed. */
const untilKilled = 300;
const connections = 12;
/** Every fourth connection sends batches. */
const inBatch = 10;

describe('a gateway that is killed under load', () => {
  afterEach(endProcesses);

  it('has sent every event to Temporal that it accepted with 202', async () => {
    const account = `killed-${randomUUID().slice(0, 8)}`;
    const { key, entry } = makeKey({ name: 'test', account, scopes: ['ingest'] });
    const gateway = await start('src/starter.ts', ['gateway'], {
      ...(await temporalEnvironment(account)),
      ...{ GATEWAY_KEYS: entry, GATEWAY_PORT: '0', GATEWAY_OPERATIONS_PORT: '0' },
    });
    await gateway.said('"gateway started"');
    const taken = new TakenEvents();
    let cut = 0;

    await Promise.all(
      Array.from({ length: connections }, async (_, connection) => {
        for (let number = 0; ; number += inBatch) {
          const events = eventsOf(connection, number, connection % 4 === 0 ? inBatch : 1);
          const status = await send(urlOf(gateway), key, events);
          if (status !== 202) {
            assert.equal(status, 'no answer');
            cut += events.length;
            return;
          }
          for (const event of events) taken.add(event);
          if (taken.count >= untilKilled) gateway.process.kill('SIGKILL');
        }
      }),
    );

    assert.equal((await gateway.ended).signal, 'SIGKILL');
    assert.ok(taken.count >= untilKilled && cut > 0, `taken: ${taken.count}, under way: ${cut}`);
    assert.deepEqual(await taken.missing((await testServer()).client, account), []);
  });
});

/** Events of a few leads per connection, one minute apart. */
function eventsOf(connection: number, first: number, count: number): WireEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    type: 'trial.started' as const,
    lead_id: `lead_${connection}_${(first + index) % 7}`,
    occurred_at: new Date(Date.UTC(2016, 0, 5, 0, first + index)).toISOString().replace('.000Z', 'Z'),
  }));
}

/** @returns the status of the response, even if its body was cut off */
async function send(url: string, key: string, events: readonly WireEvent[]): Promise<number | 'no answer'> {
  const [path, body] = events.length === 1 ? ['/v1/events', events[0]] : ['/v1/events/batch', { events }];
  const answer = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  }).catch(() => undefined);
  await answer?.arrayBuffer().catch(() => undefined);
  return answer?.status ?? 'no answer';
}

function urlOf(gateway: Running): string {
  return /"url":"([^"]+)"/.exec(gateway.output())?.[1] ?? '';
}
