#!/usr/bin/env -S node --max-semi-space-size=8
import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import { starterConfig } from './runtime/config.js';
import type { Report, ReportKind } from './domain/journey/reports.js';
import { exitWith, isMain } from './runtime/exit.js';
import { Calls } from './journeys/calls.js';
import {
  checkLead,
  readClose,
  readCorrection,
  readRelink,
  readReport,
  readReports,
  readWithdrawal,
} from './journeys/input.js';
import type { JourneyReference, JourneysOptions } from './journeys/options.js';
import { attributesOf, type JourneyFilter, type JourneySummary, summaryOf, visibilityQuery } from './journeys/search.js';
import { connectClient } from './temporal/connect.js';
import * as messages from './workflows/messages.js';
import { livePriority } from './workflows/policy.js';

export { ConfigError } from './runtime/config.js';
export type { Problem } from './domain/journey/reports.js';
export { BillingCustomers, connectBillingCustomers } from './journeys/billing-customers.js';
export type { BillingCustomerFilter, BillingCustomerSummary } from './journeys/billing-search.js';
export { InvalidInputError, JourneyNotFoundError, JourneyRefusedError, NoWorkerError } from './journeys/errors.js';
export type { JourneyReference, JourneysOptions } from './journeys/options.js';
export type { JourneyFilter, JourneySummary } from './journeys/search.js';
export { TemporalConfigError, TemporalUnavailableError } from './temporal/connect.js';
export type { BillingCustomerView, BillingReport, LinkRequest } from './workflows/billing-messages.js';
export type {
  CloseRequest,
  CorrectRequest,
  JourneyResult,
  JourneyView,
  LeadReport,
  PaymentReport,
  Profile,
  RelinkRequest,
  RetryRequest,
  TrialReport,
  WithdrawRequest,
} from './workflows/messages.js';

/** The journey as a workflow: what it takes and returns. */
type CustomerJourney = (lead: messages.Lead) => Promise<messages.JourneyResult>;

/**
 * Starts journeys and talks to them: what an application calls.
 *
 * Every report is safe to repeat, may come late and in any order, and starts the journey if none is running; it has
 * succeeded once Temporal has taken it. All methods check what they are given before anything is sent
 * (`InvalidInputError`, with every problem), and throw `TemporalUnavailableError` if Temporal cannot be reached: then
 * repeat the call, which is safe. What needs a running worker throws `NoWorkerError` if none answers in time.
 */
export class Journeys {
  readonly client: Client;
  readonly account: string;
  private readonly calls: Calls;

  constructor(private readonly options: JourneysOptions) {
    this.client = options.client;
    this.calls = new Calls(options.client, options);
    this.account = options.account ?? messages.defaultAccount;
  }

  /** The lead entered your database. @throws InvalidInputError */
  async leadCreated(leadId: string, report: messages.LeadReport): Promise<JourneyReference> {
    return this.report(leadId, 'leadCreated', report);
  }

  /** A free trial started. @throws InvalidInputError */
  async trialStarted(leadId: string, report: messages.TrialReport): Promise<JourneyReference> {
    return this.report(leadId, 'trialStarted', report);
  }

  /** A payment succeeded. @throws InvalidInputError */
  async paymentSucceeded(leadId: string, report: messages.PaymentReport): Promise<JourneyReference> {
    return this.report(leadId, 'paymentSucceeded', report);
  }

  /** Several reports of one lead at once, in one message: all are taken, or none. @throws InvalidInputError */
  async reported(leadId: string, reports: messages.Reports): Promise<JourneyReference> {
    return this.signalWithStart(leadId, 'reported', reports, readReports(leadId, reports, this.options));
  }

  /** The paying customer may be visible in ChartMogul by now: a running lookup looks at once. @throws JourneyNotFoundError */
  async payerHint(leadId: string): Promise<void> {
    checkLead(leadId);
    await this.temporal(leadId, () => this.handle(leadId).signal(messages.payerHint));
  }

  /** Tries again now, with all attempts. @throws JourneyNotFoundError */
  async retry(leadId: string, request: messages.RetryRequest = {}): Promise<void> {
    checkLead(leadId);
    await this.temporal(leadId, () => this.handle(leadId).signal(messages.retry, request));
  }

  /** Replaces a date, above all reports. Needs a worker. @throws JourneyRefusedError, JourneyNotFoundError */
  async correct(leadId: string, request: messages.CorrectRequest): Promise<messages.JourneyView> {
    const args: [messages.CorrectRequest] = [readCorrection(leadId, request)];
    return this.worker(leadId, () => this.handle(leadId).executeUpdate(messages.correct, { args }));
  }

  /** Names another billing customer, above all reports. Needs a worker. @throws JourneyRefusedError, JourneyNotFoundError */
  async relink(leadId: string, request: messages.RelinkRequest): Promise<messages.JourneyView> {
    const args: [messages.RelinkRequest] = [readRelink(leadId, request)];
    return this.worker(leadId, () => this.handle(leadId).executeUpdate(messages.relink, { args }));
  }

  /**
   * Gives a billing customer back that is another lead; `BillingCustomers.link` does this by itself. With `isUnmerged`, a
   * journey that has ended is started again, since its lead has no customer any more. Needs a worker.
   *
   * @throws JourneyRefusedError once a merge was asked for, JourneyNotFoundError
   */
  async withdraw(leadId: string, request: messages.WithdrawRequest): Promise<messages.JourneyView> {
    const args: [messages.WithdrawRequest] = [readWithdrawal(leadId, request)];
    if (!request.isUnmerged) {
      return this.worker(leadId, () => this.handle(leadId).executeUpdate(messages.withdraw, { args }));
    }
    const startWorkflowOperation = new WithStartWorkflowOperation<CustomerJourney>(messages.customerJourneyType, {
      ...this.startOptions(leadId),
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
    return this.worker(leadId, () =>
      this.client.workflow.executeUpdateWithStart(messages.withdraw, { args, startWorkflowOperation }),
    );
  }

  /** Ends the journey where it stands. Needs a worker. @throws JourneyNotFoundError */
  async close(leadId: string, request: messages.CloseRequest): Promise<messages.JourneyView> {
    const args: [messages.CloseRequest] = [readClose(leadId, request)];
    return this.worker(leadId, () => this.handle(leadId).executeUpdate(messages.close, { args }));
  }

  /** The journey as it ended, or, which needs a worker, as it stands. @throws JourneyNotFoundError */
  async view(leadId: string): Promise<messages.JourneyView> {
    const { status } = await this.summary(leadId);
    const journey = this.handle(leadId);
    if (status === 'COMPLETED') return this.temporal(leadId, () => journey.result());
    return this.worker(leadId, () => journey.query(messages.journey));
  }

  /** What Temporal's own records tell of the latest journey of a lead. Needs no worker. @throws JourneyNotFoundError */
  async summary(leadId: string): Promise<JourneySummary> {
    checkLead(leadId);
    return summaryOf(this.account, await this.temporal(leadId, () => this.handle(leadId).describe()));
  }

  /** The journeys of the account, newest first, from Temporal's records: they may be seconds behind. Needs no worker. */
  async *list(filter: JourneyFilter = {}): AsyncGenerator<JourneySummary> {
    const infos = this.client.workflow.list({ query: visibilityQuery(this.account, filter) });
    for await (const info of this.calls.each(infos)) yield summaryOf(this.account, info);
  }

  /** How many journeys {@link list} would give. */
  async count(filter: JourneyFilter = {}): Promise<number> {
    const query = visibilityQuery(this.account, filter);
    const { count } = await this.calls.temporal(() => this.client.workflow.count(query));
    return count;
  }

  /** The handle of a journey, for all that `@temporalio/client` can do with it. */
  handle(leadId: string) {
    return this.client.workflow.getHandle<CustomerJourney>(messages.journeyId(leadId, this.account));
  }

  private async report(leadId: string, kind: ReportKind, input: unknown): Promise<JourneyReference> {
    const report = readReport(leadId, kind, input, this.options);
    const { kind: signal, ...argument } = report;
    return this.signalWithStart(leadId, signal, argument, [report]);
  }

  private signalWithStart(
    leadId: string,
    signal: string,
    argument: unknown,
    reports: readonly Report[],
  ): Promise<JourneyReference> {
    return this.temporal(leadId, async () => {
      const handle = await this.client.workflow.signalWithStart(messages.customerJourneyType, {
        ...this.startOptions(leadId),
        signal,
        signalArgs: [argument],
        typedSearchAttributes: attributesOf(leadId, reports),
      });
      return { workflowId: handle.workflowId, runId: handle.signaledRunId };
    });
  }

  private startOptions(leadId: string) {
    const { attemptTimeout, priority = livePriority } = this.options;
    const lead: messages.Lead = {
      leadId,
      account: this.account,
      ...(attemptTimeout !== undefined && { attemptTimeout }),
    };
    return {
      workflowId: messages.journeyId(leadId, this.account),
      taskQueue: messages.workflowTaskQueue,
      args: [lead] as [messages.Lead],
      staticSummary: `Lead ${leadId}`,
      priority: { priorityKey: priority },
    };
  }

  private temporal<T>(leadId: string, call: () => Promise<T>): Promise<T> {
    return this.calls.temporal(call, this.missing(leadId));
  }

  private worker<T>(leadId: string, call: () => Promise<T>): Promise<T> {
    return this.calls.worker(call, this.missing(leadId));
  }

  private missing(leadId: string): string {
    return `Lead ${leadId} has no journey in account ${this.account}, or none that still runs.`;
  }
}

/**
 * {@link Journeys} on the Temporal and the account that the environment names. Close with
 * `journeys.client.connection.close()`.
 *
 * @throws ConfigError, TemporalConfigError, TemporalUnavailableError
 */
export async function connectJourneys(
  env: NodeJS.ProcessEnv = process.env,
  options: Pick<JourneysOptions, 'priority' | 'timeout' | 'workerTimeout'> = {},
): Promise<Journeys> {
  const { account, allowEmailLeadIds, attemptTimeout } = starterConfig(env);
  const client = await connectClient({ env });
  return new Journeys({ client, account, allowEmailLeadIds, attemptTimeout, ...options });
}

/** The command line. Loaded only if it is what was started: an application that imports this file has no use for it. */
async function main(): Promise<void> {
  await import('./runtime/check-node.js');
  const { runCommandLine } = await import('./cli/program.js');
  process.exitCode = await runCommandLine(process.argv.slice(2));
}

if (isMain(import.meta.url)) void main().catch(exitWith);
