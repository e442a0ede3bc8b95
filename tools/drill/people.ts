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

  constructor(
    leads: readonly PlannedLead[],
    private readonly options: PeopleOptions,
  ) {
    this.leads = new Map(leads.map((lead) => [lead.leadId, lead]));
    this.open = new Set(groupsOf(leads).filter((group) => group.some(({ change }) => change)));
  }

  /** The leads whose change is not made yet. */
  get waiting(): ReadonlySet<string> {
    return new Set([...this.open].flatMap((group) => group.map(({ leadId }) => leadId)));
  }

  /** Makes changes as soon as the journeys are proven, until the time is over. */
  async work(random: Random, { until }: { readonly until: number }): Promise<void> {
    while (Date.now() < until) {
      await sleep(1_000);
      const some = random.shuffled([...this.open]).slice(0, looksPerSecond);
      await Promise.all([...some.map((group) => this.changeIfProven(group, true)), this.decideAll()]);
    }
  }

  /** Makes the remaining changes. */
  async finish(): Promise<void> {
    for (const group of [...this.open]) await this.changeIfProven(group, false);
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
      if (await this.make(lead, lead.change, group)) this.made.push({ kind: lead.change.kind, isUnderFaults });
      else this.open.add(group);
    }
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
        await this.unmerge(leadId);
        break;
      case 'unmerged and relinked':
        if (!(await this.relink(leadId, change.to))) return false;
        await this.dateLater(group.filter((other) => other !== lead));
        break;
      default:
        await this.setDates(leadId, change.dates);
    }
    for (const other of group) await this.ask(other.leadId, () => this.options.journeys.retry(other.leadId));
    if (change.kind === 'dated earlier, then corrected') await this.setTrue(lead);
    return true;
  }

  /**
   * Several leads still share the record that a lead has left. Each takes an earlier date for one of the others', so a
   * person sets later ones, and the journeys write their own again.
   */
  private async dateLater(rest: readonly PlannedLead[]): Promise<void> {
    const [first, second] = rest;
    if (first === undefined || second === undefined) return;
    const later = '2020-01-01T00:00:00Z';
    const hasTrial = rest.some(({ dates }) => dates.trial !== undefined);
    const dates = { lead_created_at: later, free_trial_started_at: hasTrial ? later : null };
    await this.options.sandbox().setDates(first.leadId, dates);
  }

  /** Returns false if the journey has merged the lead again in the meantime. */
  private async relink(leadId: string, billingCustomerId: string): Promise<boolean> {
    const request = { billingCustomerId, note };
    await this.unmerge(leadId);
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

  private unmerge(leadId: string): Promise<void> {
    return this.options.sandbox().unmerge(leadId, this.options.leadsSourceUuid);
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
