import { setTimeout as sleep } from 'node:timers/promises';
import type { AttentionCode } from '../../src/domain/journey/attention.js';
import {
  JourneyNotFoundError,
  JourneyRefusedError,
  type Journeys,
  NoWorkerError,
  TemporalUnavailableError,
} from '../../src/journeys/index.js';
import type { Random } from './random.js';
import type { SandboxControl } from './sandbox.js';
import type { Change, ChangeKind, Dates } from './stories.js';
import { groupsOf, type PlannedLead } from './truth.js';

const note = 'decided in the drill';
const looksPerSecond = 12;

/** A change that people made, and whether processes were killed and requests failed meanwhile. */
export interface MadeChange {
  readonly kind: ChangeKind;
  readonly isUnderFaults: boolean;
}

export interface PeopleOptions {
  /** Waits for the answers of workers longer than the application does. */
  readonly journeys: Journeys;
  readonly sandbox: () => SandboxControl;
  readonly leadsSourceUuid: string;
  /** Whether all reports of a lead are sent. */
  readonly isTold: (leadId: string) => boolean;
}

/** People who work with ChartMogul, and the operator who answers journeys that need a decision. */
export class People {
  readonly made: MadeChange[] = [];
  /** Requests of the operator that a journey refused. */
  readonly refused: string[] = [];
  private readonly leads: ReadonlyMap<string, PlannedLead>;
  private readonly open: Set<readonly PlannedLead[]>;
  /** Leads with a wrong customer, which is not taken back yet. */
  private readonly wrong: Set<PlannedLead>;

  constructor(
    leads: readonly PlannedLead[],
    private readonly options: PeopleOptions,
  ) {
    this.leads = new Map(leads.map((lead) => [lead.leadId, lead]));
    this.wrong = new Set(leads.filter(({ wrongPayer }) => wrongPayer));
    const groups = groupsOf(leads.filter(({ wrongPayer }) => !wrongPayer));
    this.open = new Set(groups.filter((group) => group.some(({ change }) => change)));
  }

  /** The leads whose change is not made yet. */
  get waiting(): ReadonlySet<string> {
    return new Set([...this.open].flatMap((group) => group.map(({ leadId }) => leadId)));
  }

  /** Whether a change is not made yet. */
  get isBusy(): boolean {
    return this.open.size > 0 || this.wrong.size > 0;
  }

  /** The leads whose wrong customer is not taken back yet. */
  get wronglyLinked(): readonly PlannedLead[] {
    return [...this.wrong];
  }

  /** Makes changes as soon as the journeys are proven, until the time is over. */
  async work(random: Random, { until }: { readonly until: number }): Promise<void> {
    while (Date.now() < until) {
      await sleep(1_000);
      const some = random.shuffled([...this.open]).slice(0, looksPerSecond);
      await Promise.all([...some.map((group) => this.changeIfProven(group, true)), this.decideAll()]);
    }
  }

  /** Tries to take back each wrong link at random moments, until it is done or the time is over. */
  async takeBackAtAnyMoment(random: Random, { until }: { readonly until: number }): Promise<void> {
    const underWay = new Map<PlannedLead, Promise<void>>();
    while (Date.now() < until) {
      await sleep(random.whole(0, 1_000));
      for (const lead of this.wrong) {
        if (underWay.has(lead) || !random.chance(0.3)) continue;
        underWay.set(
          lead,
          this.takeBack(lead, true).finally(() => underWay.delete(lead)),
        );
      }
    }
    await Promise.all(underWay.values());
  }

  /** Makes the remaining changes. */
  async finish(): Promise<void> {
    for (const group of [...this.open]) await this.changeIfProven(group, false);
    await Promise.all(this.wronglyLinked.map((lead) => this.takeBack(lead, false)));
  }

  /** Answers an attention that asks for a decision. Returns whether there was one to make. */
  async decide(lead: PlannedLead, code: AttentionCode | undefined): Promise<boolean> {
    if (code === lead.ending) return false;
    const { leadId, payer, otherPayer } = lead;
    if (code === 'several-customers') {
      for (const customer of [payer, otherPayer]) {
        if (customer === undefined) continue;
        const request = { billingCustomerId: customer.externalId, note };
        await this.ask(leadId, () => this.options.journeys.mergeCustomer(leadId, request));
      }
      return true;
    }
    if (code !== 'foreign-date') return false;
    await this.setTrue(lead);
    return true;
  }

  private async changeIfProven(group: readonly PlannedLead[], isUnderFaults: boolean): Promise<void> {
    const proven = await Promise.all(group.map(({ leadId }) => this.isProven(leadId)));
    if (!proven.every(Boolean) || !this.open.delete(group)) return;
    for (const lead of group) {
      if (!lead.change) continue;
      if (lead.change.kind === 'unmerged and relinked') this.wrong.add(lead);
      else if (await this.make(lead, lead.change, group)) this.made.push({ kind: lead.change.kind, isUnderFaults });
      else this.open.add(group);
    }
  }

  /** Tries to take back a wrong link. A journey refuses it before it has requested the merge. */
  private async takeBack(lead: PlannedLead, isUnderFaults: boolean): Promise<void> {
    const { leadId, change } = lead;
    if (!change || !(await this.unmerge(leadId))) return;
    const to = 'to' in change && change.kind !== 'corrected' ? change.to : undefined;
    if (to !== undefined && !(await this.relinked(leadId, to))) return;
    if (this.wrong.delete(lead)) this.made.push({ kind: change.kind, isUnderFaults });
  }

  /** Answers all journeys that ask for a decision. */
  private async decideAll(): Promise<void> {
    const { journeys } = this.options;
    try {
      for await (const { leadId, attention } of journeys.list({ attention: true })) {
        const lead = this.leads.get(leadId);
        if (!lead || (attention !== 'several-customers' && attention !== 'foreign-date')) continue;
        // The list may be seconds old.
        await this.decide(lead, (await journeys.view(leadId)).attention?.code);
      }
    } catch (error) {
      if (!(error instanceof TemporalUnavailableError || error instanceof NoWorkerError)) throw error;
    }
  }

  private async isProven(leadId: string): Promise<boolean> {
    if (!this.options.isTold(leadId)) return false;
    return this.options.journeys.summary(leadId).then(
      ({ status }) => status === 'COMPLETED',
      (error: unknown) => {
        if (error instanceof JourneyNotFoundError || error instanceof TemporalUnavailableError) return false;
        throw error;
      },
    );
  }

  /** Returns false if the change must be made again. */
  private async make(lead: PlannedLead, change: Change, group: readonly PlannedLead[]): Promise<boolean> {
    const { leadId } = lead;
    switch (change.kind) {
      case 'corrected':
        await this.correct(leadId, change.date, change.to);
        return true;
      case 'unmerged':
        await this.options.sandbox().unmerge(leadId, this.options.leadsSourceUuid);
        break;
      case 'unmerged and relinked':
      case 'taken back':
      case 'taken back and relinked':
        return true; // see takeBack
      default:
        await this.setDates(leadId, change.dates);
    }
    for (const other of group) await this.ask(other.leadId, () => this.options.journeys.retry(other.leadId));
    if (change.kind === 'dated earlier, then corrected') await this.setTrue(lead);
    return true;
  }

  /**
   * Takes back the merge of a lead, if there is one already. Returns whether it is done; otherwise it is requested again
   * later.
   */
  private async unmerge(leadId: string): Promise<boolean> {
    const { journeys } = this.options;
    try {
      const { unmerging, unmerged } = await journeys.unmerge(leadId, { note });
      return unmerging === undefined && unmerged !== undefined;
    } catch (error) {
      // An earlier attempt may have been applied although its answer was lost: then nothing is merged any more.
      if (error instanceof JourneyRefusedError) return this.isUnmerged(leadId);
      const isEarly = error instanceof JourneyNotFoundError;
      if (!isEarly && !(error instanceof TemporalUnavailableError || error instanceof NoWorkerError)) throw error;
      return false;
    }
  }

  private async isUnmerged(leadId: string): Promise<boolean> {
    let isUnmerged = false;
    await this.ask(leadId, async () => {
      isUnmerged = (await this.options.journeys.view(leadId)).unmerged !== undefined;
    });
    return isUnmerged;
  }

  /** Links the lead to its own customer. Returns whether that is done. */
  private async relinked(leadId: string, billingCustomerId: string): Promise<boolean> {
    const request = { billingCustomerId, note };
    if (await this.ask(leadId, () => this.options.journeys.relink(leadId, request), { keepRefusal: false }))
      return true;
    // An earlier attempt may have been applied although its answer was lost.
    let isRelinked = false;
    await this.ask(leadId, async () => {
      isRelinked = (await this.options.journeys.view(leadId)).billingCustomerId === billingCustomerId;
    });
    return isRelinked;
  }

  /** Sets the true dates of a lead: corrects those that its journey knows, and clears a trial that it never had. */
  private async setTrue({ leadId, dates }: PlannedLead): Promise<void> {
    if (dates.lead !== undefined) await this.correct(leadId, 'leadCreatedAt', dates.lead);
    if (dates.trial !== undefined) await this.correct(leadId, 'trialStartedAt', dates.trial);
    else await this.options.sandbox().clearTrial(leadId, this.options.leadsSourceUuid);
    await this.ask(leadId, () => this.options.journeys.retry(leadId));
  }

  private correct(leadId: string, date: 'leadCreatedAt' | 'trialStartedAt', to: string): Promise<boolean> {
    return this.ask(leadId, () => this.options.journeys.correct(leadId, { date, to, note }));
  }

  private setDates(leadId: string, { lead, trial }: Partial<Dates>): Promise<void> {
    return this.options.sandbox().setDates(leadId, {
      ...(lead !== undefined && { lead_created_at: lead }),
      ...(trial !== undefined && { free_trial_started_at: trial }),
    });
  }

  /** Repeats a request until it is answered. Returns whether the journey accepted it. */
  private async ask(
    leadId: string,
    call: () => Promise<unknown>,
    { keepRefusal = true }: { readonly keepRefusal?: boolean } = {},
  ): Promise<boolean> {
    for (;;) {
      try {
        await call();
        return true;
      } catch (error) {
        if (error instanceof JourneyRefusedError) {
          if (keepRefusal) this.refused.push(`${leadId}: ${error.message}`);
          return false;
        }
        if (!(error instanceof TemporalUnavailableError || error instanceof NoWorkerError)) throw error;
        await sleep(200);
      }
    }
  }
}
