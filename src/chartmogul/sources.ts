import type { ChartMogulClient } from './client.js';
import { ChartMogulError } from './errors.js';
import type { DataSource } from './types.js';

/** The sources of an account: each a name as shown in ChartMogul, or a UUID that starts with `ds_`. */
export interface SourceNames {
  readonly leads: string;
  readonly billing: string;
  /** Further billing sources, by the alias with which their customers' ids begin. */
  readonly furtherBilling?: Readonly<Record<string, string>>;
}

/**
 * The UUIDs of the sources of an account. Leads and billing are equal where customers are imported through ChartMogul's
 * API.
 */
export type Sources = SourceNames;

/** A source does not exist and cannot be created. The message lists the existing sources. */
export class SourceMissingError extends Error {
  override readonly name = 'SourceMissingError';
  readonly code = 'config';
}

/**
 * Finds the leads source, or creates it, and finds the billing sources.
 *
 * @throws ChartMogulError if a request fails
 * @throws SourceMissingError if the account has no such billing source, no source with the given UUID, or if two names
 * mean the same source
 */
export async function findSources(
  chartMogul: ChartMogulClient,
  names: SourceNames,
  signal?: AbortSignal,
): Promise<Sources> {
  const known = await chartMogul.listDataSources(signal);
  const found = (name: string) => {
    const uuid = find(known, name);
    if (uuid === undefined) throw missing(known, name);
    return uuid;
  };
  const isNew = find(known, names.leads) === undefined && !isUuid(names.leads) && names.leads !== names.billing;
  const existing = isNew ? undefined : found(names.leads);
  const billing = found(names.billing);
  const further = Object.entries(names.furtherBilling ?? {}).map(([alias, name]) => [alias, found(name)] as const);
  refuseSame([existing, billing], further);
  return {
    leads: existing ?? (await createSource(chartMogul, names.leads, signal)),
    billing,
    ...(further.length > 0 && { furtherBilling: Object.fromEntries(further) }),
  };
}

/**
 * The sources after some time: one that was deleted in ChartMogul and made again has another UUID. Creates none.
 *
 * @throws ChartMogulError, SourceMissingError like {@link findSources}
 */
export async function findSourcesAgain(
  chartMogul: ChartMogulClient,
  names: SourceNames,
  before: Sources,
  signal?: AbortSignal,
): Promise<Sources> {
  const known = await chartMogul.listDataSources(signal);
  const uuids = [before.leads, before.billing, ...Object.values(before.furtherBilling ?? {})];
  if (uuids.every((uuid) => known.some((source) => source.uuid === uuid))) return before;
  if (find(known, names.leads) === undefined) throw missing(known, names.leads);
  return findSources(chartMogul, names, signal);
}

/** A further source must be one of its own: the ids of its customers are told apart by its alias. */
function refuseSame(first: readonly (string | undefined)[], further: readonly (readonly [string, string])[]): void {
  const seen = new Set(first);
  for (const [alias, uuid] of further) {
    if (seen.has(uuid)) {
      throw new SourceMissingError(`BILLING_SOURCE: ${alias} is a source that is used already (${uuid}).`);
    }
    seen.add(uuid);
  }
}

async function createSource(chartMogul: ChartMogulClient, name: string, signal?: AbortSignal): Promise<string> {
  try {
    return (await chartMogul.createDataSource(name, signal)).uuid;
  } catch (error) {
    // Names are unique: another worker created it first, or the answer to an earlier request was lost.
    const uuid =
      error instanceof ChartMogulError &&
      error.kind === 'refused' &&
      find(await chartMogul.listDataSources(signal), name);
    if (uuid) return uuid;
    throw error;
  }
}

function find(sources: readonly DataSource[], name: string): string | undefined {
  return sources.find((source) => source.uuid === name || source.name === name)?.uuid;
}

function isUuid(name: string): boolean {
  return name.startsWith('ds_');
}

function missing(known: readonly DataSource[], name: string): SourceMissingError {
  const names = known.map((source) => `${source.name} (${source.uuid})`).join(', ') || 'none';
  return new SourceMissingError(`ChartMogul has no data source ${name}. The account has: ${names}.`);
}
