import type { ChartMogulClient } from './client.js';
import { ChartMogulError } from './errors.js';
import type { DataSource } from './types.js';

/** The two sources of an account: each a name as shown in ChartMogul, or a UUID that starts with `ds_`. */
export interface SourceNames {
  readonly leads: string;
  readonly billing: string;
}

/** The UUIDs of the two sources of an account. They are equal where customers are imported through ChartMogul's API. */
export interface Sources {
  readonly leads: string;
  readonly billing: string;
}

/** A source does not exist and cannot be created. The message lists the existing sources. */
export class SourceMissingError extends Error {
  override readonly name = 'SourceMissingError';
  readonly code = 'config';
}

/**
 * Finds the leads source, or creates it, and finds the billing source.
 *
 * @throws ChartMogulError if a request fails
 * @throws SourceMissingError if the account has no such billing source, or no source with the given UUID
 */
export async function findSources(
  chartMogul: ChartMogulClient,
  names: SourceNames,
  signal?: AbortSignal,
): Promise<{ leads: string; billing: string }> {
  const known = await chartMogul.listDataSources(signal);
  const billing = find(known, names.billing);
  const leads = find(known, names.leads);
  if (leads === undefined && !isUuid(names.leads) && names.leads !== names.billing) {
    if (billing === undefined) throw missing(known, names.billing);
    return { leads: await createSource(chartMogul, names.leads, signal), billing };
  }
  if (leads === undefined) throw missing(known, names.leads);
  if (billing === undefined) throw missing(known, names.billing);
  return { leads, billing };
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
