import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { type SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import proto from '@temporalio/proto';
import { grpcErrorIn, grpcStatus } from './grpc-errors.js';

const { IndexedValueType } = proto.temporal.api.enums.v1;
const usableWithinMs = 30_000;

/** What `Connection` and `NativeConnection` have in common. */
type Services = Pick<Connection, 'operatorService' | 'workflowService'>;

/** The fields of the SDK's `SearchAttributeKey`. */
export interface SearchAttribute {
  readonly name: string;
  readonly type: SearchAttributeType;
}

/** Search attributes are missing and could not be registered. The message contains the command that registers them. */
export class SearchAttributesMissingError extends Error {
  override readonly name = 'SearchAttributesMissingError';
  readonly code = 'config';
}

/**
 * Registers the missing search attributes of the namespace, and waits until they can be used. A workflow that sets an
 * unregistered attribute cannot start.
 *
 * @throws SearchAttributesMissingError if clients may not register attributes (Temporal Cloud), if one is registered with
 * another type, or if other attributes of the namespace leave no room: Temporal on SQL allows a few of each type
 */
export async function ensureSearchAttributes(
  connection: Services,
  namespace: string,
  wanted: readonly SearchAttribute[],
): Promise<void> {
  const missing = await missingAttributes(connection, namespace, wanted);
  if (missing.length === 0) return;
  try {
    const searchAttributes = Object.fromEntries(missing.map(({ name, type }) => [name, indexedValueType(type)]));
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    // Another worker may have registered them first; otherwise the server denies it.
    if (!grpcErrorIn(error)) throw error;
    const stillMissing = await missingAttributes(connection, namespace, wanted);
    if (stillMissing.length > 0) {
      const known = await knownAttributes(connection, namespace);
      const lack = lackOfRoom(wanted, error);
      throw lack ? noRoomError(namespace, wanted, known, lack, error) : missingError(namespace, stillMissing, error);
    }
  }
  await untilUsable(connection, namespace, wanted);
}

/**
 * What {@link ensureSearchAttributes} would find. Changes nothing: the right to register is tried with an empty list.
 *
 * @returns the missing attributes, and why they cannot be registered, or why one of the registered is the wrong one
 */
export async function examineSearchAttributes(
  connection: Services,
  namespace: string,
  wanted: readonly SearchAttribute[],
): Promise<{ readonly missing: readonly SearchAttribute[]; readonly problem?: SearchAttributesMissingError }> {
  try {
    const missing = await missingAttributes(connection, namespace, wanted);
    if (missing.length === 0) return { missing };
    const problem =
      (await roomProblem(connection, namespace, wanted)) ?? (await permissionProblem(connection, namespace, missing));
    return { missing, ...(problem && { problem }) };
  } catch (error) {
    if (!(error instanceof SearchAttributesMissingError)) throw error;
    return { missing: [], problem: error };
  }
}

/** How many attributes of a type Temporal on SQL allows in a namespace. */
const mostOnSql: Readonly<Record<SearchAttributeType, number>> = {
  BOOL: 3,
  DATETIME: 3,
  DOUBLE: 3,
  INT: 3,
  KEYWORD: 10,
  KEYWORD_LIST: 3,
  TEXT: 3,
};

async function roomProblem(connection: Services, namespace: string, wanted: readonly SearchAttribute[]) {
  const { visibilityStore } = await connection.workflowService
    .getClusterInfo({})
    .catch(() => ({ visibilityStore: '' }));
  if (!/sql|postgres/i.test(visibilityStore)) return undefined;
  const known = await knownAttributes(connection, namespace);
  const isWanted = new Set(wanted.map(({ name }) => name));
  for (const type of new Set(wanted.map((attribute) => attribute.type))) {
    const others = [...known].filter(([name, is]) => is === indexedValueType(type) && !isWanted.has(name)).length;
    const limit = mostOnSql[type];
    if (others + wanted.filter((attribute) => attribute.type === type).length > limit)
      return noRoomError(namespace, wanted, known, { type, limit });
  }
  return undefined;
}

async function permissionProblem(connection: Services, namespace: string, missing: readonly SearchAttribute[]) {
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: {} });
    return undefined;
  } catch (error) {
    if (!grpcErrorIn(error)) throw error;
    return isRefusal(error) ? missingError(namespace, missing, error) : undefined; // it refuses the empty list
  }
}

async function missingAttributes(
  connection: Services,
  namespace: string,
  wanted: readonly SearchAttribute[],
): Promise<SearchAttribute[]> {
  const known = await knownAttributes(connection, namespace);
  for (const { name, type } of wanted) {
    const knownType = known.get(name);
    if (knownType !== undefined && knownType !== 'unknown' && knownType !== indexedValueType(type)) {
      throw new SearchAttributesMissingError(
        [
          `The search attribute ${name} of namespace ${namespace} has the type ${IndexedValueType[knownType]}, not ` +
            `${IndexedValueType[indexedValueType(type)]}. Use another namespace, or remove it and start again:`,
          removeCommand(namespace, [name]),
        ].join('\n'),
      );
    }
  }
  return wanted.filter(({ name }) => !known.has(name));
}

type KnownAttributes = Map<string, proto.temporal.api.enums.v1.IndexedValueType | 'unknown'>;

async function knownAttributes(connection: Services, namespace: string): Promise<KnownAttributes> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return new Map(Object.entries(customAttributes));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // Temporal Cloud has no operator service, but lists the attribute names, without types, with the namespace.
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    return new Map(Object.values(config?.customSearchAttributeAliases ?? {}).map((name) => [name, 'unknown']));
  }
}

/** The server caches registered attributes, and would reject a workflow that starts too early. */
async function untilUsable(connection: Services, namespace: string, wanted: readonly SearchAttribute[]) {
  const deadline = Date.now() + usableWithinMs;
  for (;;) {
    const missing = await missingAttributes(connection, namespace, wanted);
    if (missing.length === 0 && (await isKnownToQueries(connection, namespace, wanted))) return;
    if (Date.now() > deadline) {
      if (missing.length > 0) throw missingError(namespace, missing);
      return; // they are registered; the server will know them
    }
    await sleep(100);
  }
}

/** The list is read from the database. Queries and starts use a copy that the server reads again every few seconds. */
async function isKnownToQueries(
  connection: Services,
  namespace: string,
  wanted: readonly SearchAttribute[],
): Promise<boolean> {
  const query = wanted.map(({ name }) => `${name} IS NULL`).join(' AND ');
  try {
    await connection.workflowService.countWorkflowExecutions({ namespace, query });
    return true;
  } catch (error) {
    const code = grpcErrorIn(error)?.code;
    if (code === undefined) throw error;
    // The copy may lack the namespace too. With another error, such as a missing permission, a query cannot tell.
    return code !== grpcStatus.invalidArgument && code !== grpcStatus.notFound;
  }
}

/** Attributes that Temporal's image `auto-setup` adds to its namespace, as examples. */
const exampleName = /^Custom\w+Field$/;

interface LackOfRoom {
  readonly type: SearchAttributeType;
  readonly limit: number;
}

/** @returns undefined if the server had another reason */
function lackOfRoom(wanted: readonly SearchAttribute[], cause: unknown): LackOfRoom | undefined {
  const { limit, type } =
    /more than (?<limit>\d+) search attribute of type (?<type>\w+)/.exec(saidBy(cause))?.groups ?? {};
  const needed = wanted.find((attribute) => TypedSearchAttributes.toMetadataType(attribute.type) === type);
  return needed && { type: needed.type, limit: Number(limit) };
}

function noRoomError(
  namespace: string,
  wanted: readonly SearchAttribute[],
  known: KnownAttributes,
  { type, limit }: LackOfRoom,
  cause?: unknown,
): SearchAttributesMissingError {
  const needed = wanted.filter((attribute) => attribute.type === type);
  const isNeeded = (name: string) => wanted.some((attribute) => attribute.name === name);
  const others = [...known].flatMap(([name, knownType]) =>
    knownType === indexedValueType(type) && !isNeeded(name) ? [name] : [],
  );
  const excess = needed.length + others.length - limit;
  const examples = others.filter((name) => exampleName.test(name)).slice(0, excess);
  const problem =
    `The namespace ${namespace} has no room for the search attributes of journeys: Temporal on SQL allows ${limit} of ` +
    `type ${TypedSearchAttributes.toMetadataType(type)}, journeys need ${needed.length}, and the namespace has ${others.join(', ')}.`;
  const ownNamespace = 'Use a namespace of its own for journeys, and set TEMPORAL_NAMESPACE';
  const remedy =
    examples.length < excess
      ? [`${ownNamespace}, for example:`, '  temporal operator namespace create --namespace journeys --retention 90d']
      : [
          `${ownNamespace}; or, if no workflow uses them (the counts are 0), remove them and start again:`,
          ...examples.map((name) => `  temporal workflow count --namespace ${namespace} --query '${name} IS NOT NULL'`),
          removeCommand(namespace, examples),
        ];
  return new SearchAttributesMissingError([problem, ...remedy].join('\n'), { cause });
}

function removeCommand(namespace: string, names: readonly string[]): string {
  return `  temporal operator search-attribute remove --namespace ${namespace}${names.map((name) => ` --name ${name}`).join('')}`;
}

function missingError(namespace: string, missing: readonly SearchAttribute[], cause?: unknown) {
  const typed = missing.map(({ name, type }) => [name, TypedSearchAttributes.toMetadataType(type)] as const);
  const flags = typed.map(([name, type]) => ` --name ${name} --type ${type}`).join('');
  const cloudFlags = typed.map(([name, type]) => ` --search-attribute ${name}=${type}`).join('');
  return new SearchAttributesMissingError(
    [
      `The namespace ${namespace} lacks search attributes, and Temporal did not register them${saidBy(cause)}. Register them once with:`,
      `  temporal operator search-attribute create --namespace ${namespace}${flags}`,
      'or, on Temporal Cloud:',
      `  tcld namespace search-attributes add --namespace ${namespace}${cloudFlags}`,
    ].join('\n'),
    { cause },
  );
}

function saidBy(cause: unknown): string {
  const details = grpcErrorIn(cause)?.details;
  return details === undefined ? '' : ` (${details.replace(/\.$/, '')})`;
}

function isRefusal(error: unknown): boolean {
  const { permissionDenied, unauthenticated, unimplemented } = grpcStatus;
  return [permissionDenied, unauthenticated, unimplemented].includes(grpcErrorIn(error)?.code ?? -1);
}

function indexedValueType(type: SearchAttributeType): proto.temporal.api.enums.v1.IndexedValueType {
  return IndexedValueType[`INDEXED_VALUE_TYPE_${type}`];
}
