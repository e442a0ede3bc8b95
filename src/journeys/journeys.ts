import {
  type Client,
  WithStartWorkflowOperation,
  type WorkflowStartOptions,
  type WorkflowUpdateHandle,
} from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import type { Report, ReportKind } from '../domain/journey/reports.js';
import * as messages from '../workflows/messages.js';
import { livePriority } from '../workflows/policy.js';
import { Calls } from './calls.js';
import { isAlreadyStarted, JourneyNotFoundError, JourneyRefusedError } from './errors.js';
import {
  checkLead,
  readClose,
  readCorrection,
  readRelink,
  readReport,
  readReports,
  readUnmerge,
  readWithdrawal,
} from './input.js';
import type { JourneyReference, JourneysOptions } from './options.js';
import { attributesOf, type JourneyFilter, type JourneySummary, summaryOf, visibilityQuery } from './search.js';

/** The type of the journey workflow. */
type CustomerJourney = (lead: messages.Lead) => Promise<messages.JourneyResult>;
type StartOptions = WorkflowStartOptions<CustomerJourney>;

/**
 * Starts journeys and sends them messages. Applications call this class.
 *
 * Reports are idempotent, may arrive late and in any order, and start the journey if none is running. A report has
 * succeeded once Temporal has accepted it. All methods validate their arguments before anything is sent
 * (`InvalidInputError`, with every problem), and throw `TemporalUnavailableError` if Temporal is unreachable: the call
 * is safe to repeat. Methods that require a worker throw `NoWorkerError` if none answers in time.
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

  /** Sends several reports for one lead in one message: all are accepted, or none. @throws InvalidInputError */
  async reported(leadId: string, reports: messages.Reports): Promise<JourneyReference> {
    return this.signalWithStart(leadId, 'reported', reports, readReports(leadId, reports, this.options));
  }

  /** Hints that ChartMogul may show the paying customer: a running lookup retries now. @throws JourneyNotFoundError */
  async payerHint(leadId: string): Promise<void> {
    checkLead(leadId);
    await this.temporal(leadId, () => this.handle(leadId).signal(messages.payerHint));
  }

  /**
   * Retries now, with all attempts. A journey that has ended is started again, with what it knew: it looks at the record
   * anew. @throws JourneyNotFoundError
   */
  async retry(leadId: string, request: messages.RetryRequest = {}): Promise<void> {
    checkLead(leadId);
    await this.runningOrAgain(
      leadId,
      () => this.temporal(leadId, () => this.handle(leadId).signal(messages.retry, request)),
      async (start) => {
        const options = { ...start, signal: messages.retry, signalArgs: [request] as [messages.RetryRequest] };
        await this.temporal(leadId, () => this.client.workflow.signalWithStart(messages.customerJourneyType, options));
      },
      { refusesClosed: true },
    );
  }

  /**
   * Replaces a date, above all reports. A journey that has ended is started again, with what it knew, and ends once
   * ChartMogul shows the new date. Requires a worker. @throws JourneyRefusedError, JourneyNotFoundError
   */
  async correct(leadId: string, request: messages.CorrectRequest): Promise<messages.JourneyView> {
    return this.update(leadId, messages.correct, readCorrection(leadId, request));
  }

  /**
   * Sets the billing customer, above all reports. A journey that has ended is started again, with what it knew; the
   * request is refused while its record is merged. Requires a worker. @throws JourneyRefusedError, JourneyNotFoundError
   */
  async relink(leadId: string, request: messages.RelinkRequest): Promise<messages.JourneyView> {
    return this.update(leadId, messages.relink, readRelink(leadId, request, this.options));
  }

  /**
   * Confirms that another billing customer of the lead is the same person: its record is merged too. Requires a worker.
   * @throws JourneyRefusedError if the customer was not reported for this lead, JourneyNotFoundError
   */
  async mergeCustomer(leadId: string, request: messages.MergeCustomerRequest): Promise<messages.JourneyView> {
    return this.update(leadId, messages.mergeCustomer, readRelink(leadId, request, this.options));
  }

  /**
   * Withdraws a billing customer that belongs to another lead; `BillingCustomers.link` does this automatically. With
   * `isUnmerged`, restarts a journey that has ended, since its lead no longer has a customer. Requires a worker.
   *
   * @throws JourneyRefusedError after the merge request, JourneyNotFoundError
   */
  async withdraw(leadId: string, request: messages.WithdrawRequest): Promise<messages.JourneyView> {
    const withdrawal = readWithdrawal(leadId, request);
    if (withdrawal.isUnmerged) return this.update(leadId, messages.withdraw, withdrawal);
    return this.calls.update(() => this.startUpdate(leadId, messages.withdraw, withdrawal), this.missing(leadId));
  }

  /**
   * Takes back the merge of the lead: splits it off its record in ChartMogul, puts back the dates of both records, and
   * withdraws the billing customers in that record. A journey that has ended is started again, with what it knew. If
   * ChartMogul takes longer than a minute, returns a view with `unmerging`, and the journey goes on. Requires a worker.
   *
   * @throws JourneyRefusedError if the lead is not merged, JourneyNotFoundError
   */
  async unmerge(leadId: string, request: messages.UnmergeRequest): Promise<messages.JourneyView> {
    return this.update(leadId, messages.unmerge, readUnmerge(leadId, request));
  }

  /**
   * Ends the journey in its current state. What a closed journey knew is not used again, also if it had ended proven
   * before. Requires a worker. @throws JourneyNotFoundError
   */
  async close(leadId: string, request: messages.CloseRequest): Promise<messages.JourneyView> {
    return this.update(leadId, messages.close, readClose(leadId, request));
  }

  /** The result of an ended journey, or the state of a running one (requires a worker). @throws JourneyNotFoundError */
  async view(leadId: string): Promise<messages.JourneyView> {
    const { status } = await this.summary(leadId);
    const journey = this.handle(leadId);
    if (status === 'COMPLETED') return this.temporal(leadId, () => journey.result());
    return this.worker(leadId, () => journey.query(messages.journey));
  }

  /** What Temporal's own records show of a lead's latest journey. Needs no worker. @throws JourneyNotFoundError */
  async summary(leadId: string): Promise<JourneySummary> {
    checkLead(leadId);
    return summaryOf(this.account, await this.temporal(leadId, () => this.handle(leadId).describe()));
  }

  /**
   * The account's journeys, newest first, from Temporal's visibility store: may lag by seconds. Of a journey that ended
   * and was started again, only the latest run. Needs no worker.
   */
  async *list(filter: JourneyFilter = {}): AsyncGenerator<JourneySummary> {
    const infos = this.client.workflow.list({ query: visibilityQuery(this.account, filter) });
    const listed = new Set<string>();
    for await (const info of this.calls.each(infos)) {
      if (!listed.has(info.workflowId)) yield summaryOf(this.account, info);
      if (filter.includeClosed) listed.add(info.workflowId);
    }
  }

  /** How many journeys {@link list} returns. With `includeClosed`, each run counts. */
  async count(filter: JourneyFilter = {}): Promise<number> {
    const query = visibilityQuery(this.account, filter);
    const { count } = await this.calls.temporal(() => this.client.workflow.count(query));
    return count;
  }

  /** The handle of a journey, for direct use with `@temporalio/client`. */
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
    const report = { signal, signalArgs: [argument], typedSearchAttributes: attributesOf(leadId, reports) };
    const send = (start: StartOptions) =>
      this.temporal(leadId, async () => {
        const options = { ...start, ...report };
        const handle = await this.client.workflow.signalWithStart(messages.customerJourneyType, options);
        return { workflowId: handle.workflowId, runId: handle.signaledRunId };
      });
    // Temporal refuses to start a journey again until it is told of the previous run: only the start itself reads
    // Temporal's state without a delay.
    return this.runningOrAgain(
      leadId,
      () => send({ ...this.startOptions(leadId), workflowIdReusePolicy: 'REJECT_DUPLICATE' }),
      send,
    );
  }

  /** Sends an update to the running journey, or to a new run of an ended one. */
  private update<Request>(
    leadId: string,
    definition: UpdateDefinition<messages.JourneyView, [Request]>,
    request: Request,
  ): Promise<messages.JourneyView> {
    return this.runningOrAgain(
      leadId,
      () => this.calls.update(() => this.startUpdate(leadId, definition, request), this.missing(leadId)),
      (start) =>
        this.calls.update(() => {
          const startWorkflowOperation = new WithStartWorkflowOperation<CustomerJourney>(messages.customerJourneyType, {
            ...start,
            workflowIdConflictPolicy: 'USE_EXISTING',
          });
          return this.client.workflow.startUpdateWithStart(definition, {
            args: [request],
            startWorkflowOperation,
            waitForStage: 'ACCEPTED',
          });
        }, this.missing(leadId)),
      { refusesClosed: definition !== messages.close },
    );
  }

  private startUpdate<Request>(
    leadId: string,
    definition: UpdateDefinition<messages.JourneyView, [Request]>,
    request: Request,
  ): Promise<WorkflowUpdateHandle<messages.JourneyView>> {
    return this.handle(leadId).startUpdate(definition, { args: [request], waitForStage: 'ACCEPTED' });
  }

  /**
   * Makes a call to a lead's journey. If its last run has ended, starts a new run that knows the id of the ended one, and
   * so begins with what that one knew.
   */
  private async runningOrAgain<T>(
    leadId: string,
    running: () => Promise<T>,
    again: (start: StartOptions) => Promise<T>,
    { refusesClosed = false } = {},
  ): Promise<T> {
    try {
      return await running();
    } catch (error) {
      if (!(error instanceof JourneyNotFoundError) && !isAlreadyStarted(error)) throw error;
      const { status, runId } = await this.summary(leadId);
      if (refusesClosed && status === 'COMPLETED') await this.refuseClosed(leadId);
      return await again(this.startOptions(leadId, status === 'RUNNING' ? undefined : runId));
    }
  }

  /** What a closed journey knew may be wrong, so nothing continues it. */
  private async refuseClosed(leadId: string): Promise<void> {
    const { outcome } = await this.temporal(leadId, () => this.handle(leadId).result());
    if (outcome !== 'closed') return;
    throw new JourneyRefusedError(
      `The journey of lead ${leadId} was closed. Report the lead again to start a new one.`,
    );
  }

  private startOptions(leadId: string, previousRunId?: string): StartOptions {
    const { attemptTimeout, priority = livePriority } = this.options;
    const lead: messages.Lead = {
      leadId,
      account: this.account,
      ...(attemptTimeout !== undefined && { attemptTimeout }),
      ...(previousRunId !== undefined && { previousRunId }),
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
    return `Lead ${leadId} has no journey in account ${this.account}, or none that is still running.`;
  }
}
