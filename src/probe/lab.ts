import { randomUUID } from 'node:crypto';
import type { Answer } from './answers.js';
import { nothing, type ProbeApi, read } from './api.js';
import { ProbeError } from './errors.js';
import { creation, Maker, type Part } from './maker.js';
import { listCustomers, type ProbedCustomer, probedCustomerSchema, type RunNames, type Source } from './sources.js';

/** Lead and trial date, in milliseconds since 1970. */
export interface Dates {
  readonly lead: number | null;
  readonly trial: number | null;
}

/** Between the request and its effect: it was not yet seen after `from`, and seen after `to`, in milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A merge that has happened, with the dates of both records before it and of the remaining one. */
export interface Merge {
  readonly secondary: Dates;
  readonly primary: Dates;
  readonly result: Dates;
  readonly took: Span;
}

export interface Unmerge {
  /** The record before its merge, and the one that was split off. */
  readonly before: Part;
  readonly split: Part;
  readonly took: Span;
}

export interface WaitOptions {
  /** After this time a merge counts as not done. */
  readonly longestWaitMs: number;
  /** Called between two looks. */
  readonly onWait: (what: string, ms: number) => void;
}

const leadDates = { lead_created_at: '2021-01-05T00:00:00Z', free_trial_started_at: '2021-02-10T00:00:00Z' };

/** First pause between two looks for a merge, factor, and longest pause. */
const pauses = { firstMs: 1_000, factor: 1.5, longestMs: 15_000 };

interface LabParts {
  readonly sources: { readonly leads: Source; readonly billing: Source };
  readonly lead: Part;
  readonly payer: Part;
  readonly other: Part;
  readonly unnamed: Answer;
}

/** The sources and customers of a run, and what is done with them. */
export class Lab {
  readonly sources: LabParts['sources'];
  /** A dated lead, which is merged into the payer first. */
  readonly lead: Part;
  /** In the second source, without dates. */
  readonly payer: Part;
  /** For questions about single records. It is merged, unmerged and merged again. */
  other: Part;
  /** The answer to the creation of a customer without a name. */
  readonly unnamed: Answer;
  readonly merges: Merge[] = [];
  unmerged: Unmerge | undefined;

  private constructor(
    readonly api: ProbeApi,
    private readonly run: RunNames,
    private readonly waits: WaitOptions,
    parts: LabParts,
  ) {
    this.sources = parts.sources;
    this.lead = parts.lead;
    this.payer = parts.payer;
    this.other = parts.other;
    this.unnamed = parts.unnamed;
  }

  /** Makes the two sources and the three customers. @throws ProbeError */
  static async open(api: ProbeApi, run: RunNames, waits: WaitOptions): Promise<Lab> {
    const maker = new Maker(api, run);
    const leads = await maker.source('leads');
    const billing = await maker.source('billing');
    const lead = await maker.customer(leads, 'lead', { ...leadDates });
    const payer = await maker.customer(billing, 'payer', {});
    const unnamed = await maker.tryUnnamed(leads, 'other');
    const other = unnamed.part ?? (await maker.customer(leads, 'other', {}));
    return new Lab(api, run, waits, { sources: { leads, billing }, lead, payer, other, unnamed: unnamed.answer });
  }

  externalId(name: string): string {
    return this.run.externalId(name);
  }

  async read({ uuid }: Part): Promise<ProbedCustomer> {
    const request = { method: 'GET', path: pathOf(uuid) } as const;
    return (await this.api.need(request, 'to read a customer of the probe', probedCustomerSchema)).data;
  }

  /** Lookup by source and external id: usually none or one. */
  find({ sourceUuid, externalId }: Part): Promise<ProbedCustomer[]> {
    return listCustomers(this.api, { data_source_uuid: sourceUuid, external_id: externalId });
  }

  async dates(part: Part): Promise<Dates> {
    return datesOf(await this.read(part));
  }

  patch({ uuid }: Part, body: Readonly<Record<string, unknown>>): Promise<Answer> {
    return this.api.request({ method: 'PATCH', path: pathOf(uuid), body });
  }

  /** Sets both dates. @throws ProbeError if the record does not have them afterwards */
  async setDates(part: Part, lead: string, trial: string): Promise<void> {
    const answer = await this.patch(part, { lead_created_at: lead, free_trial_started_at: trial });
    read(answer, 'to set the dates of a customer', nothing, [200]);
    const dates = await this.dates(part);
    if (dates.lead === Date.parse(lead) && dates.trial === Date.parse(trial)) return;
    throw new ProbeError('chartmogul-refused', 'ChartMogul did not keep the dates that the probe set.');
  }

  /** For questions that expect an error: a customer that is created nevertheless is deleted at once. */
  async tryCreate(sourceUuid: string, externalId: string): Promise<Answer> {
    const answer = await this.api.request(creation(sourceUuid, externalId, { name: 'Customer journey probe' }));
    if (answer.status === 201) {
      const { uuid } = read(answer, 'the new customer', probedCustomerSchema, [201]);
      await this.api.request({ method: 'DELETE', path: pathOf(uuid) });
    }
    return answer;
  }

  requestMerge(from: { readonly uuid: string }, into: { readonly uuid: string }): Promise<Answer> {
    const body = { from: { customer_uuid: from.uuid }, into: { customer_uuid: into.uuid } };
    return this.api.request({ method: 'POST', path: '/v1/customers/merges', body });
  }

  requestUnmerge({ uuid }: Part, { sourceUuid, externalId }: Omit<Part, 'uuid'>): Promise<Answer> {
    const ids = { customer_uuid: uuid, data_source_uuid: sourceUuid, external_id: externalId };
    const body = { ...ids, move_to_new_customer: [] };
    return this.api.request({ method: 'POST', path: '/v1/customers/unmerges', body });
  }

  /** Merges a record into the payer's and waits until it is done. @throws ProbeError */
  async merge(from: Part): Promise<void> {
    const [secondary, primary] = [await this.dates(from), await this.dates(this.payer)];
    const answer = await this.requestMerge(from, this.payer);
    accept(answer, 'a merge');
    const { took, result } = await this.until('the merge', answer, async () => {
      const payer = await this.read(this.payer);
      return payer.external_ids?.includes(from.externalId) ? payer : undefined;
    });
    this.merges.push({ secondary, primary, result: datesOf(result), took });
  }

  /** Splits a record off the payer's and waits until it is done. @throws ProbeError */
  async unmerge(part: Part): Promise<void> {
    const answer = await this.requestUnmerge(this.payer, part);
    accept(answer, 'an unmerge');
    const { took, result } = await this.until('the unmerge', answer, async () => {
      const { external_ids: left } = await this.read(this.payer);
      if (left?.includes(part.externalId)) return undefined;
      return (await this.find(part)).find(({ uuid }) => uuid !== this.payer.uuid);
    });
    this.other = { ...part, uuid: result.uuid };
    this.unmerged = { before: part, split: this.other, took };
  }

  /** Looks with growing pauses until there is a result. @throws ProbeError after the longest time */
  private async until<T>(what: string, request: Answer, look: () => Promise<T | undefined>) {
    let from = 0;
    for (let pauseMs = pauses.firstMs; ; pauseMs = Math.min(pauseMs * pauses.factor, pauses.longestMs)) {
      const lookedAt = performance.now();
      const result = await look();
      const now = performance.now();
      if (result !== undefined) return { result, took: { from: Math.max(0, from), to: now - request.sentAt } };
      from = lookedAt - request.answeredAt;
      const waitedMs = now - request.sentAt;
      if (waitedMs > this.waits.longestWaitMs) {
        const minutes = Math.round(this.waits.longestWaitMs / 60_000);
        throw new ProbeError('chartmogul-refused', `ChartMogul did not finish ${what} within ${minutes} minutes.`);
      }
      this.waits.onWait(what, waitedMs);
      await this.api.pause(pauseMs);
    }
  }
}

/** A uuid in the form of ChartMogul's that no record has. */
export function unknownUuid(prefix: 'cus' | 'ds'): string {
  return `${prefix}_${randomUUID()}`;
}

/** After a lost answer, any answer may mean that the first attempt succeeded: the next looks tell. */
function accept(answer: Answer, what: string): void {
  if (answer.attempts === 1) read(answer, what, nothing, [200, 202, 204]);
}

function pathOf(uuid: string): string {
  return `/v1/customers/${encodeURIComponent(uuid)}`;
}

export function datesOf({ lead_created_at: lead, free_trial_started_at: trial }: ProbedCustomer): Dates {
  return { lead: timeOf(lead), trial: timeOf(trial) };
}

function timeOf(date: string | null | undefined): number | null {
  return date ? Date.parse(date) : null;
}
