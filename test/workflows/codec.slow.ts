import assert from 'node:assert/strict';
import { Client } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import { Journeys } from '../../src/starter.js';
import { workflowTaskQueue } from '../../src/workflows/messages.js';
import { eventually } from '../support/eventually.js';
import { bundle, onStage, patience, type Stage } from '../support/journeys.js';
import { adam, created, lead, resting } from '../support/scenarios.js';

/** Hides payloads in an encoding of its own, as an encryption or compression does. */
function codecOf(encoding: string): PayloadCodec {
  const name = Buffer.from(encoding);
  return {
    encode: async (payloads) =>
      payloads.map((payload) => ({
        metadata: { encoding: name },
        data: Buffer.from(JSON.stringify({ ...payload, ...textsOf(payload) })),
      })),
    decode: async (payloads) => payloads.map((payload) => (isIn(payload, encoding) ? shown(payload) : payload)),
  };
}

const isIn = ({ metadata }: Payload, encoding: string) => Buffer.from(metadata?.encoding ?? []).toString() === encoding;
const textsOf = ({ metadata, data }: Payload) => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  ),
  data: Buffer.from(data ?? []).toString('base64'),
});

function shown({ data }: Payload): Payload {
  const hidden = JSON.parse(Buffer.from(data ?? []).toString()) as ReturnType<typeof textsOf>; // written by `encode`
  const metadata = Object.entries(hidden.metadata).map(([key, value]) => [key, Buffer.from(value, 'base64')]);
  return { metadata: Object.fromEntries(metadata), data: Buffer.from(hidden.data, 'base64') };
}

describe('a worker without the codec of a client', () => {
  for (const encoding of ['binary/encrypted', 'binary/our-own']) {
    const codec = codecOf(encoding);

    it(
      `fails no journey that is started in ${encoding}, and leaves it to a worker that has the codec`,
      onStage({}, async (stage) => {
        const journeys = journeysWith(codec, stage);
        await journeys.leadCreated(adam.leadId, { occurredAt: adam.lead });
        await untilTaskFails(stage);

        const view = await withWorkerOf(codec, stage, () => journeys.view(adam.leadId));

        assert.deepEqual([view.leadCreatedAt, view.notices], [adam.lead, []]);
      }),
    );

    it(
      `loses no report that is sent in ${encoding}`,
      onStage({}, async (stage) => {
        await lead(stage);
        await created(stage);
        await resting(stage);
        const journeys = journeysWith(codec, stage);
        await journeys.trialStarted(adam.leadId, { occurredAt: adam.trial });
        await untilTaskFails(stage);

        const view = await withWorkerOf(codec, stage, () => journeys.view(adam.leadId));

        assert.deepEqual([view.trialStartedAt, view.notices], [adam.trial, []]);
      }),
    );
  }
});

function journeysWith(codec: PayloadCodec, { server, account }: Stage): Journeys {
  const { connection, namespace } = server;
  const client = new Client({ connection, namespace, dataConverter: { payloadCodecs: [codec] } });
  return new Journeys({ client, account, timeout: patience });
}

/** The journey's workflow task has failed, and the journey has not. */
async function untilTaskFails(stage: Stage): Promise<void> {
  const handle = stage.journeys.handle(adam.leadId);
  await eventually(async () => {
    const { events } = await handle.fetchHistory();
    return events?.some(
      (event) => event.workflowTaskFailedEventAttributes || event.workflowExecutionFailedEventAttributes,
    );
  });
  assert.equal((await handle.describe()).status.name, 'RUNNING');
}

async function withWorkerOf<T>(codec: PayloadCodec, stage: Stage, use: () => Promise<T>): Promise<T> {
  await stage.worker.pauseJourneys();
  stage.worker.release(); // the worker that sends requests has no codec either
  const { nativeConnection: connection, namespace } = stage.server;
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: workflowTaskQueue,
    workflowBundle: await bundle(),
    dataConverter: { payloadCodecs: [codec] },
  });
  try {
    return await worker.runUntil(use);
  } finally {
    await stage.worker.resumeJourneys();
  }
}
