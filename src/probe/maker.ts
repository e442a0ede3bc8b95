import { externalIdExists } from '../chartmogul/errors.js';
import type { Answer } from './answers.js';
import { type ProbeApi, read } from './api.js';
import { listCustomers, probedCustomerSchema, type RunNames, type Source, sourceSchema, sourcesOf } from './sources.js';

/** One of the three throw-away customers. */
export interface Part {
  readonly uuid: string;
  readonly sourceUuid: string;
  readonly externalId: string;
}

/** Creates the sources and customers of a run. A retry after a lost answer adopts what the first attempt made. */
export class Maker {
  constructor(
    private readonly api: ProbeApi,
    private readonly run: RunNames,
  ) {}

  async source(kind: 'leads' | 'billing'): Promise<Source> {
    const name = this.run.source(kind);
    const answer = await this.api.request({ method: 'POST', path: '/v1/data_sources', body: { name } });
    if (answer.status === 422 && answer.attempts > 1) {
      const made = (await sourcesOf(this.api, this.run)).find((source) => source.name === name);
      if (made !== undefined) return made;
    }
    return read(answer, 'to create a data source', sourceSchema, [201]);
  }

  async customer(source: Source, kind: string, fields: object): Promise<Part> {
    const externalId = this.run.externalId(kind);
    const body = { name: `Customer journey probe (${kind})`, ...fields };
    const answer = await this.api.request(creation(source.uuid, externalId, body));
    const made = await this.made(source, externalId, answer);
    return made ?? { ...partOf(source, externalId), uuid: readUuid(answer) };
  }

  async tryUnnamed(source: Source, kind: string): Promise<{ answer: Answer; part: Part | undefined }> {
    const externalId = this.run.externalId(kind);
    const answer = await this.api.request(creation(source.uuid, externalId, {}));
    const made = await this.made(source, externalId, answer);
    return { answer: made === undefined ? answer : { ...answer, status: 201 }, part: made };
  }

  /** The customer that this answer, or a lost one before it, is about. */
  private async made(source: Source, externalId: string, answer: Answer): Promise<Part | undefined> {
    const part = partOf(source, externalId);
    if (answer.status === 201) return { ...part, uuid: readUuid(answer) };
    if (answer.attempts === 1 || !answer.text.includes(externalIdExists)) return undefined;
    const [found] = await listCustomers(this.api, { data_source_uuid: source.uuid, external_id: externalId });
    return found && { ...part, uuid: found.uuid };
  }
}

function partOf(source: Source, externalId: string): Omit<Part, 'uuid'> {
  return { sourceUuid: source.uuid, externalId };
}

function readUuid(answer: Answer): string {
  return read(answer, 'to create a customer', probedCustomerSchema, [201]).uuid;
}

/** The request that creates a customer. */
export function creation(sourceUuid: string, externalId: string, fields: object) {
  const body = { data_source_uuid: sourceUuid, external_id: externalId, ...fields };
  return { method: 'POST', path: '/v1/customers', body } as const;
}
