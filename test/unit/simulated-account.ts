import { type DatesToWrite, type FunnelDates, funnelDates } from '../../src/domain/journey/dates.js';
import { earliest } from '../../src/domain/journey/instant.js';
import { type CustomerRecord, holdsLead, holdsPayer, type SourceId } from '../../src/domain/journey/records.js';

/** Behaviour of ChartMogul that is undocumented or varies. */
export interface Rules {
  /** Which dates the surviving record of a merge has. */
  readonly mergeDates: 'primary' | 'primary, else secondary' | 'earliest';
  /** Whether a merged-away external id still finds the survivor. */
  readonly findsMergedIds: boolean;
  /** The answer to a repeated merge request. */
  readonly secondMerge: 202 | 404 | 422;
  /** Number of GETs of the surviving record until it shows the merge. */
  readonly readsUntilMerged: number;
  /** Whether a null date clears the date. Default: it does. */
  readonly ignoresNull?: boolean;
  /** How many unmerge requests are rejected before one is accepted. Default: none. */
  readonly refusedUnmerges?: number;
  /** Requests that are sent twice because the first answer was lost, by their number. */
  readonly lostAnswers: readonly number[];
}

/** A request that changed a record, and the record's content at that moment. */
export interface Write {
  readonly kind: 'create' | 'patch' | 'merge' | 'unmerge';
  readonly ids: readonly SourceId[];
}

/** ChartMogul's records in memory, with the parts that a journey uses. The first id of a record is its primary id. */
export class SimulatedAccount {
  readonly records = new Map<string, CustomerRecord>();
  readonly writes: Write[] = [];
  private merges: { readonly from: string; readonly into: string; reads: number }[] = [];
  private unmerges: { readonly uuid: string; readonly leadId: string; reads: number }[] = [];
  private readonly merged = new Set<string>();
  private requests = 0;
  private refusedUnmerges = 0;
  private made = 0;

  constructor(private readonly rules: Rules) {}

  /** Creates a record from another source: the billing integration, an import, another journey. */
  add(ids: readonly SourceId[], dates: FunnelDates = {}): CustomerRecord {
    this.made += 1;
    const record = { uuid: `uuid_${this.made}`, ids, isSubscriber: false, ...dates };
    this.records.set(record.uuid, record);
    return record;
  }

  create(leadId: string, dates: FunnelDates): CustomerRecord | 'exists' {
    return this.twiceIfLost(() => {
      if (this.all().some((record) => holdsLead(record, leadId))) return 'exists';
      this.writes.push({ kind: 'create', ids: [] });
      return this.add([{ source: 'leads', externalId: leadId }], dates);
    });
  }

  findLead(leadId: string): CustomerRecord | 'none' {
    for (const unmerge of this.unmerges) if (unmerge.leadId === leadId) unmerge.reads -= 1;
    this.carryOutUnmerges(({ reads }) => reads <= 0);
    return this.visible((record) => holdsLead(record, leadId), leadId) ?? 'none';
  }

  findPayer(billingCustomerId: string): CustomerRecord | undefined {
    return this.visible((record) => holdsPayer(record, billingCustomerId), billingCustomerId);
  }

  retrieve(uuid: string): CustomerRecord | 'gone' {
    for (const merge of this.merges) if (merge.into === uuid) merge.reads -= 1;
    this.carryOutMerges(({ reads }) => reads <= 0);
    return this.records.get(uuid) ?? 'gone';
  }

  patch(uuid: string, dates: FunnelDates): CustomerRecord | 'gone' {
    return this.twiceIfLost(() => {
      const record = this.records.get(uuid);
      if (!record) return 'gone';
      this.writes.push({ kind: 'patch', ids: record.ids });
      const patched = { ...record, ...dates };
      this.records.set(uuid, patched);
      return patched;
    });
  }

  /** Accepts a merge, which becomes visible later. */
  merge(from: string, into: string): 'accepted' | { readonly status: number } {
    return this.twiceIfLost(() => {
      const secondary = this.records.get(from);
      if (!secondary && this.merged.has(from) && this.rules.secondMerge !== 404) {
        return this.rules.secondMerge === 202 ? 'accepted' : { status: this.rules.secondMerge };
      }
      if (!secondary || !this.records.has(into)) return { status: 404 };
      this.writes.push({ kind: 'merge', ids: secondary.ids });
      this.merges.push({ from, into, reads: this.rules.readsUntilMerged });
      return 'accepted';
    });
  }

  /** Accepts an unmerge of the lead, which becomes visible later. */
  unmerge(uuid: string, leadId: string): 'accepted' | { readonly status: number } {
    return this.twiceIfLost(() => {
      const record = this.records.get(uuid);
      if (!record || !holdsLead(record, leadId)) return { status: 404 };
      if (record.ids.length < 2) return { status: 422 };
      if (this.refusedUnmerges < (this.rules.refusedUnmerges ?? 0)) {
        this.refusedUnmerges += 1;
        return { status: 422 };
      }
      this.writes.push({ kind: 'unmerge', ids: record.ids });
      this.unmerges.push({ uuid, leadId, reads: this.rules.readsUntilMerged });
      return 'accepted';
    });
  }

  restore(uuid: string, dates: DatesToWrite): CustomerRecord | 'gone' {
    const record = this.records.get(uuid);
    if (!record) return 'gone';
    const { leadCreatedAt, freeTrialStartedAt, ...kept } = record;
    const after = (date: keyof FunnelDates) => dates[date] ?? (this.rules.ignoresNull ? record[date] : undefined);
    const restored = { ...kept, ...funnelDates(after('leadCreatedAt'), after('freeTrialStartedAt')) };
    this.writes.push({ kind: 'patch', ids: record.ids });
    this.records.set(uuid, restored);
    return restored;
  }

  /** Makes all accepted merges and unmerges visible. */
  letTimePass(): void {
    this.carryOutMerges(() => true);
    this.carryOutUnmerges(() => true);
  }

  /** Merges at once, like a person or an automation. */
  mergeNow(from: CustomerRecord, into: CustomerRecord): void {
    if (from.uuid === into.uuid) return;
    this.merges.push({ from: from.uuid, into: into.uuid, reads: 0 });
    this.letTimePass();
  }

  delete({ uuid }: CustomerRecord): void {
    this.records.delete(uuid);
  }

  /** The record that holds the lead, even if lookups do not show it. */
  recordOf(leadId: string): CustomerRecord | undefined {
    return this.all().find((record) => holdsLead(record, leadId));
  }

  private carryOutMerges(isDue: (merge: { reads: number }) => boolean): void {
    const due = this.merges.filter(isDue);
    this.merges = this.merges.filter((merge) => !due.includes(merge));
    for (const { from, into } of due) {
      const [secondary, primary] = [this.records.get(from), this.records.get(into)];
      if (!secondary || !primary) continue;
      this.records.delete(from);
      this.merged.add(from);
      const { uuid, isSubscriber } = primary;
      const ids = [...primary.ids, ...secondary.ids];
      this.records.set(into, { uuid, isSubscriber, ids, ...this.datesAfterMerge(primary, secondary) });
    }
  }

  private carryOutUnmerges(isDue: (unmerge: { reads: number }) => boolean): void {
    const due = this.unmerges.filter(isDue);
    this.unmerges = this.unmerges.filter((unmerge) => !due.includes(unmerge));
    for (const { uuid, leadId } of due) {
      const record = this.records.get(uuid);
      if (!record || record.ids.length < 2 || !holdsLead(record, leadId)) continue;
      const isOwn = (id: SourceId) => id.source !== 'billing' && id.externalId === leadId;
      this.records.set(uuid, { ...record, ids: record.ids.filter((id) => !isOwn(id)) });
      this.add(record.ids.filter(isOwn), funnelDates(record.leadCreatedAt, record.freeTrialStartedAt));
    }
  }

  private datesAfterMerge(primary: FunnelDates, secondary: FunnelDates): FunnelDates {
    const after = (date: keyof FunnelDates) => {
      const [ours, theirs] = [primary[date], secondary[date]];
      if (this.rules.mergeDates === 'primary') return ours;
      return this.rules.mergeDates === 'earliest' ? earliest(ours, theirs) : (ours ?? theirs);
    };
    const [lead, trial] = [after('leadCreatedAt'), after('freeTrialStartedAt')];
    return { ...(lead && { leadCreatedAt: lead }), ...(trial && { freeTrialStartedAt: trial }) };
  }

  private visible(isWanted: (record: CustomerRecord) => boolean, externalId: string): CustomerRecord | undefined {
    const isShown = ({ ids }: CustomerRecord) => this.rules.findsMergedIds || ids[0]?.externalId === externalId;
    return this.all().find((record) => isWanted(record) && isShown(record));
  }

  private all(): CustomerRecord[] {
    return [...this.records.values()];
  }

  /** The answer to a request, or to its repetition if the first answer was lost. */
  private twiceIfLost<T>(request: () => T): T {
    this.requests += 1;
    const answer = request();
    return this.rules.lostAnswers.includes(this.requests) ? request() : answer;
  }
}
