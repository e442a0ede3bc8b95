import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import type { NativeConnection } from '@temporalio/worker';
import {
  ensureSearchAttributes,
  type SearchAttribute,
  SearchAttributesMissingError,
} from '../../src/temporal/search-attributes.js';
import { searchAttributeKeys } from '../../src/workflows/search-attributes.js';
import { findServerBinary } from '../../tools/temporal-server/binary.js';
import { protoDuration } from '../../tools/temporal-server/duration.js';
import { ownNamespace, type TestServer, testServer } from '../support/temporal-server.js';

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

  it('can be removed with the printed command if they exist with another type', async () => {
    const server = await ownNamespace();
    await ensureSearchAttributes(server.connection, server.namespace, [color]);
    const asInteger: SearchAttribute = { name: 'DoorColor', type: 'INT' };

    await runPrinted(await refusalFor(server, [asInteger]), server);

    await ensureSearchAttributes(server.connection, server.namespace, [asInteger]);
  });

  it('fit into the namespace of the auto-setup image after the printed commands', async () => {
    const server = await emptyNamespace();
    await ensureSearchAttributes(server.connection, server.namespace, examples);

    const message = await refusalFor(server, searchAttributeKeys);
    await runPrinted(message, server);

    assert.match(message, /allows 3 of type Datetime, journeys need 3, and the namespace has CustomDatetimeField\./);
    assert.match(message, /remove --namespace \S+ --name CustomDatetimeField$/);
    await ensureSearchAttributes(server.connection, server.namespace, searchAttributeKeys);
  });

  it('need another namespace if the room is taken by attributes that nobody gave as examples', async () => {
    const server = await emptyNamespace();
    await ensureSearchAttributes(server.connection, server.namespace, [{ name: 'DoorOpenedAt', type: 'DATETIME' }]);

    const message = await refusalFor(server, searchAttributeKeys);

    assert.match(message, /and the namespace has DoorOpenedAt\.\nUse a namespace of its own for journeys/);
    assert.doesNotMatch(message, / remove /);
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

/** What Temporal's auto-setup image adds to its namespace. */
const examples: readonly SearchAttribute[] = [
  { name: 'CustomKeywordField', type: 'KEYWORD' },
  { name: 'CustomStringField', type: 'TEXT' },
  { name: 'CustomTextField', type: 'TEXT' },
  { name: 'CustomIntField', type: 'INT' },
  { name: 'CustomDatetimeField', type: 'DATETIME' },
  { name: 'CustomDoubleField', type: 'DOUBLE' },
  { name: 'CustomBoolField', type: 'BOOL' },
];

type Namespace = Pick<TestServer, 'address' | 'connection' | 'namespace'>;

/** A namespace without any search attributes. */
async function emptyNamespace(): Promise<Namespace> {
  const { address, connection } = await testServer();
  const namespace = `empty-${randomUUID().slice(0, 8)}`;
  const workflowExecutionRetentionPeriod = protoDuration('1 day');
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  return { address, connection, namespace };
}

/** The message with which attributes are refused. */
async function refusalFor({ connection, namespace }: Namespace, wanted: readonly SearchAttribute[]): Promise<string> {
  const error = await ensureSearchAttributes(connection, namespace, wanted).catch((reason: unknown) => reason);
  assert.ok(error instanceof SearchAttributesMissingError);
  return error.message;
}

/** Runs the commands of a message as a person would paste them, and confirms what they ask. */
async function runPrinted(message: string, { address }: Namespace): Promise<void> {
  const commands = message.split('\n').filter((line) => line.startsWith('  temporal '));
  assert.notEqual(commands.length, 0, message);
  const TEMPORAL = await findServerBinary({ download: false });
  for (const command of commands) {
    const script = `temporal() { "$TEMPORAL" "$@"; }; yes | ${command}`;
    await promisify(execFile)('sh', ['-c', script], { env: { ...process.env, TEMPORAL, TEMPORAL_ADDRESS: address } });
  }
}

/** A connection like Temporal Cloud's: some operator service calls are denied. */
function refusing(connection: NativeConnection, calls: string[]): NativeConnection {
  const refuse = () => Promise.reject(Object.assign(new Error('7 PERMISSION_DENIED'), refusal));
  const refusal = { code: 7, details: 'Request unauthorized.', metadata: {} };
  const refused = Object.fromEntries(calls.map((call) => [call, { value: refuse }]));
  return Object.create(connection, { operatorService: { value: Object.create(connection.operatorService, refused) } });
}
