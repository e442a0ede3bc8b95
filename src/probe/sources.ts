import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { customerSchema } from '../chartmogul/types.js';
import { nothing, type ProbeApi } from './api.js';
import { ProbeError } from './errors.js';

export const sourceKinds = ['leads', 'billing'] as const;
export type SourceKind = (typeof sourceKinds)[number];

/** The names of one run: whatever a probe makes has one of them, so that a later run recognizes it. */
export class RunNames {
  constructor(readonly id: string = randomBytes(4).toString('hex')) {}

  source(kind: SourceKind): string {
    return `customer-journey probe ${this.id} ${kind}`;
  }

  externalId(name: string): string {
    return `customer-journey-probe-${this.id}-${name}`;
  }
}

const sourceForm = /^customer-journey probe (?<id>[0-9a-f]{8}) (?:leads|billing)$/;
const externalIdForm = /^customer-journey-probe-[0-9a-f]{8}-/;
/** Sources that are made through the API: `Import API` until 2025 (docs/sandbox.md, sourceSystem). */
const customSystems = ['Custom', 'Import API'];

export const sourceSchema = z.object({ uuid: z.string(), name: z.string(), system: z.string() });
export type Source = z.output<typeof sourceSchema>;
const sourcesSchema = z.object({ data_sources: z.array(sourceSchema) });

/** A customer with what a probe looks at. */
export const probedCustomerSchema = customerSchema.extend({
  attributes: z.object({ tags: z.array(z.string()) }).optional(),
});
export type ProbedCustomer = z.output<typeof probedCustomerSchema>;
const pageSchema = z.object({
  entries: z.array(probedCustomerSchema),
  has_more: z.boolean().optional(),
  cursor: z.string().nullish(),
});

export async function listSources(api: ProbeApi): Promise<Source[]> {
  const request = { method: 'GET', path: '/v1/data_sources' } as const;
  return (await api.need(request, 'the list of data sources', sourcesSchema)).data.data_sources;
}

/** All pages of `GET /v1/customers`. */
export async function listCustomers(
  api: ProbeApi,
  filter: { readonly data_source_uuid: string; readonly external_id?: string },
): Promise<ProbedCustomer[]> {
  const all: ProbedCustomer[] = [];
  let cursor: string | null | undefined;
  do {
    const query = { ...filter, per_page: '200', ...(cursor && { cursor }) };
    const { data } = await api.need({ method: 'GET', path: '/v1/customers', query }, 'a list of customers', pageSchema);
    all.push(...data.entries);
    cursor = data.has_more === true ? data.cursor : undefined;
  } while (cursor);
  return all;
}

/** The sources that earlier runs left, by run. A source that the API has not made is none of them, whatever its name. */
export async function findLeftovers(api: ProbeApi): Promise<Map<string, Source[]>> {
  const runs = new Map<string, Source[]>();
  for (const source of await listSources(api)) {
    const id = sourceForm.exec(source.name)?.groups?.id;
    if (id !== undefined && customSystems.includes(source.system)) runs.set(id, [...(runs.get(id) ?? []), source]);
  }
  return runs;
}

/** How often a list is read until what was deleted is gone from it. */
const mostRounds = 20;

/**
 * Deletes the customers of a run's sources, then the sources.
 *
 * @throws ProbeError if a customer in one of them is not the probe's alone; then nothing is deleted
 */
export async function removeSources(api: ProbeApi, sources: readonly Source[]): Promise<void> {
  const uuids = new Set(sources.map(({ uuid }) => uuid));
  await removeAll(api, '/v1/customers', () => customersOf(api, sources));
  await removeAll(api, '/v1/data_sources', async () =>
    (await listSources(api)).map(({ uuid }) => uuid).filter((uuid) => uuids.has(uuid)),
  );
}

async function removeAll(api: ProbeApi, path: string, list: () => Promise<readonly string[]>): Promise<void> {
  for (let round = 1; round <= mostRounds; round += 1) {
    const uuids = await list();
    if (uuids.length === 0) return;
    if (round > 1) await api.pause(round * 500);
    for (const uuid of uuids) await remove(api, `${path}/${encodeURIComponent(uuid)}`);
  }
  throw stillThere(`${path} still lists what was deleted`);
}

/** The sources of one run that exist now: also one whose answer was lost. */
export async function sourcesOf(api: ProbeApi, run: RunNames): Promise<Source[]> {
  const names = sourceKinds.map((kind) => run.source(kind));
  return (await listSources(api)).filter(({ name }) => names.includes(name));
}

async function customersOf(api: ProbeApi, sources: readonly Source[]): Promise<string[]> {
  const own = new Set(sources.map(({ uuid }) => uuid));
  const uuids = new Set<string>();
  for (const { uuid: data_source_uuid, name } of sources) {
    for (const customer of await listCustomers(api, { data_source_uuid })) {
      if (!isOwn(customer, own)) {
        throw stillThere(
          `the customer ${customer.uuid} in the data source "${name}" is not the probe's, or is merged with another; ` +
            'the data sources of this run were left. Unmerge it in ChartMogul, or delete them there',
        );
      }
      uuids.add(customer.uuid);
    }
  }
  return [...uuids];
}

/** Whether each of the ids that are merged into a record is a probe's. */
function isOwn(customer: ProbedCustomer, own: ReadonlySet<string>): boolean {
  const { external_ids = [], data_source_uuids = [] } = customer;
  return (
    [customer.external_id, ...external_ids].every((id) => externalIdForm.test(id)) &&
    [customer.data_source_uuid, ...data_source_uuids].every((uuid) => own.has(uuid))
  );
}

async function remove(api: ProbeApi, path: string): Promise<void> {
  await api.need({ method: 'DELETE', path }, 'to delete what the probe made', nothing, [200, 202, 204, 404]);
}

function stillThere(reason: string): ProbeError {
  return new ProbeError('chartmogul-refused', `Not everything was removed: ${reason}.`);
}
