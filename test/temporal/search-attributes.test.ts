import assert from 'node:assert/strict';
import type { NativeConnection } from '@temporalio/worker';
import {
  ensureSearchAttributes,
  type SearchAttribute,
  SearchAttributesMissingError,
} from '../../src/temporal/search-attributes.js';
import { testServer } from '../support/temporal-server.js';

const color: SearchAttribute = { name: 'DoorColor', type: 'KEYWORD' };
const openedAt: SearchAttribute = { name: 'DoorsOpened', type: 'INT' };

describe('search attributes', () => {
  it('are registered if missing, and usable at once', async () => {
    const { client, nativeConnection, namespace } = await testServer();

    await ensureSearchAttributes(nativeConnection, namespace, [color]);
    await ensureSearchAttributes(nativeConnection, namespace, [color, openedAt]);

    const handle = await client.workflow.start('withoutWorker', {
      workflowId: 'green-door',
      taskQueue: 'none',
      typedSearchAttributes: [{ key: { name: 'DoorColor', type: 'KEYWORD' }, value: 'green' }],
    });
    await handle.terminate();
  });

  it('are registered by two workers that start together', async () => {
    const { nativeConnection, namespace } = await testServer();
    const size: SearchAttribute = { name: 'DoorSize', type: 'INT' };

    await Promise.all([1, 2, 3].map(() => ensureSearchAttributes(nativeConnection, namespace, [size])));
  });

  it('are rejected if they exist with another type', async () => {
    const { nativeConnection, namespace } = await testServer();
    await ensureSearchAttributes(nativeConnection, namespace, [color]);

    await assert.rejects(
      ensureSearchAttributes(nativeConnection, namespace, [{ name: 'DoorColor', type: 'INT' }]),
      /DoorColor .* has the type INDEXED_VALUE_TYPE_KEYWORD, not INDEXED_VALUE_TYPE_INT/,
    );
  });

  it('are named in the error, with the command that registers them, if the client lacks permission', async () => {
    const { nativeConnection, namespace } = await testServer();
    const missing: SearchAttribute = { name: 'DoorNumber', type: 'INT' };
    await ensureSearchAttributes(nativeConnection, namespace, [color]);

    for (const refused of [['addSearchAttributes'], ['addSearchAttributes', 'listSearchAttributes']]) {
      await assert.rejects(
        ensureSearchAttributes(refusing(nativeConnection, refused), namespace, [color, missing]),
        (error: Error) => {
          assert.ok(error instanceof SearchAttributesMissingError);
          const flags = '--name DoorNumber --type Int';
          assert.ok(
            error.message.includes(`temporal operator search-attribute create --namespace ${namespace} ${flags}\n`),
            error.message,
          );
          assert.ok(
            error.message.endsWith(`--namespace ${namespace} --search-attribute DoorNumber=Int`),
            error.message,
          );
          return true;
        },
      );
    }
  });

  it('are accepted without permission if they are already registered', async () => {
    const { nativeConnection, namespace } = await testServer();
    await ensureSearchAttributes(nativeConnection, namespace, [color, openedAt]);
    const cloud = refusing(nativeConnection, ['addSearchAttributes', 'listSearchAttributes']);

    await ensureSearchAttributes(cloud, namespace, [color, openedAt]);
  });
});

/** A connection like Temporal Cloud's: some operator service calls are denied. */
function refusing(connection: NativeConnection, calls: string[]): NativeConnection {
  const refuse = () => Promise.reject(Object.assign(new Error('7 PERMISSION_DENIED'), refusal));
  const refusal = { code: 7, details: 'Request unauthorized.', metadata: {} };
  const refused = Object.fromEntries(calls.map((call) => [call, { value: refuse }]));
  return Object.create(connection, { operatorService: { value: Object.create(connection.operatorService, refused) } });
}
