import { type Client, QueryNotRegisteredError, WithStartWorkflowOperation } from '@temporalio/client';
import type { BillingFacts } from '../domain/billing/facts.js';
import { learn, nothingKnown, showUnsettled } from '../domain/billing/next-action.js';
import { billingMemoOf, billingViewOf } from '../domain/billing/view.js';
import { formatInstant } from '../domain/journey/instant.js';
import { redactId } from '../domain/journey/records.js';
import * as messages from '../workflows/billing-messages.js';
import { defaultAccount, workflowTaskQueue } from '../workflows/messages.js';
import { livePriority } from '../workflows/policy.js';
import { billingAttributesOf, startAttributes } from '../workflows/search-attributes.js';
import {
  type BillingCustomerFilter,
  type BillingCustomerSummary,
  billingQuery,
  billingSummaryOf,
} from './billing-search.js';
import { Calls } from './calls.js';
import { JourneyNotFoundError, NoWorkerError } from './errors.js';
import { checkBillingCustomer, readBillingReport, readLink } from './input.js';
import type { JourneyReference, JourneysOptions } from './options.js';

/** The type of the billing customer workflow. It never ends. */
type BillingCustomerWorkflow = (customer: messages.BillingCustomer) => Promise<never>;

/**
 * Sends billing events to billing customer workflows, and queries them. The gateway calls this class. It works like
 * `Journeys`: reports are idempotent, may arrive in any order, and have succeeded once Temporal has accepted them. It
 * throws the same errors.
 */
export class BillingCustomers {
  readonly client: Client;
  readonly account: string;
  private readonly calls: Calls;

  constructor(private readonly options: JourneysOptions) {
    this.client = options.client;
    this.account = options.account ?? defaultAccount;
    this.calls = new Calls(options.client, options);
  }

  /** Reports what a billing event says about a customer. @throws InvalidInputError */
  async reported(billingCustomerId: string, input: messages.BillingReport): Promise<JourneyReference> {
    const report = readBillingReport(billingCustomerId, input, this.options);
    const now = formatInstant(new Date());
    const state = showUnsettled(learn(nothingKnown, report, now), now);
    return this.calls.temporal(async () => {
      const handle = await this.client.workflow.signalWithStart(messages.billingCustomerType, {
        ...this.startOptions(billingCustomerId),
        signal: messages.billingReported,
        signalArgs: [report],
        // Searchable immediately, at no cost.
        memo: { ...billingMemoOf(state) },
        typedSearchAttributes: startAttributes(billingAttributesOf({ billingCustomerId, ...billingViewOf(state) })),
      });
      return { workflowId: handle.workflowId, runId: handle.signaledRunId };
    });
  }

  /**
   * Hints that ChartMogul may show the customer by now. The hint is forwarded to the lead's journey. Starts nothing.
   *
   * @returns false if the customer is unknown
   * @throws InvalidInputError
   */
  async hint(billingCustomerId: string): Promise<boolean> {
    checkBillingCustomer(billingCustomerId);
    try {
      await this.calls.temporal(() => this.handle(billingCustomerId).signal(messages.billingHint), 'unknown');
      return true;
    } catch (error) {
      if (error instanceof JourneyNotFoundError) return false;
      throw error;
    }
  }

  /**
   * Links the customer to a lead. Overrides every event, and withdraws the customer from the journeys of other leads.
   * Also works before the first event of the customer. Requires a worker: the customer is
   * first looked up in ChartMogul.
   *
   * @throws InvalidInputError, JourneyRefusedError if the customer is merged with another lead, if the journey of
   * another lead has already requested the merge, or if the lookup fails
   */
  async link(billingCustomerId: string, request: messages.LinkRequest): Promise<messages.BillingCustomerView> {
    const args: [messages.LinkRequest] = [readLink(billingCustomerId, request, this.options)];
    const call = () =>
      this.client.workflow.startUpdateWithStart(messages.linkLead, {
        args,
        waitForStage: 'ACCEPTED',
        startWorkflowOperation: new WithStartWorkflowOperation<BillingCustomerWorkflow>(messages.billingCustomerType, {
          ...this.startOptions(billingCustomerId),
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      });
    return this.calls.update(call, this.unknown(billingCustomerId));
  }

  /** The current state of the customer. Requires a worker. @throws JourneyNotFoundError, InvalidInputError */
  async view(billingCustomerId: string): Promise<messages.BillingCustomerView> {
    checkBillingCustomer(billingCustomerId);
    return this.worker(billingCustomerId, () => this.handle(billingCustomerId).query(messages.billingCustomerView));
  }

  /**
   * All facts that events have reported about the customer; undefined if it is unknown. Requires a worker.
   *
   * @throws InvalidInputError
   */
  async facts(billingCustomerId: string): Promise<BillingFacts | undefined> {
    checkBillingCustomer(billingCustomerId);
    try {
      return await this.worker(billingCustomerId, () => this.handle(billingCustomerId).query(messages.billingFacts));
    } catch (error) {
      if (error instanceof JourneyNotFoundError) return undefined;
      if (!(error instanceof QueryNotRegisteredError)) throw error;
      throw new NoWorkerError('The worker that answers is of an older release.', { cause: error });
    }
  }

  /** The account's customers, newest first, from Temporal's visibility store: may lag by seconds. Needs no worker. */
  async *list(filter: BillingCustomerFilter = {}): AsyncGenerator<BillingCustomerSummary> {
    const infos = this.client.workflow.list({ query: billingQuery(this.account, filter) });
    for await (const info of this.calls.each(infos)) yield billingSummaryOf(this.account, info);
  }

  /** How many customers {@link list} returns. */
  async count(filter: BillingCustomerFilter = {}): Promise<number> {
    const query = billingQuery(this.account, filter);
    const { count } = await this.calls.temporal(() => this.client.workflow.count(query));
    return count;
  }

  /** The handle of a customer's workflow, for direct use with `@temporalio/client`. */
  handle(billingCustomerId: string) {
    const workflowId = messages.billingCustomerWorkflowId(billingCustomerId, this.account);
    return this.client.workflow.getHandle<BillingCustomerWorkflow>(workflowId);
  }

  private startOptions(billingCustomerId: string) {
    const { attemptTimeout, priority = livePriority } = this.options;
    const customer: messages.BillingCustomer = {
      billingCustomerId,
      account: this.account,
      ...(attemptTimeout !== undefined && { attemptTimeout }),
    };
    return {
      workflowId: messages.billingCustomerWorkflowId(billingCustomerId, this.account),
      taskQueue: workflowTaskQueue,
      args: [customer] as [messages.BillingCustomer],
      staticSummary: `Billing customer ${redactId(billingCustomerId)}`,
      priority: { priorityKey: priority },
    };
  }

  private worker<T>(billingCustomerId: string, call: () => Promise<T>): Promise<T> {
    return this.calls.worker(call, this.unknown(billingCustomerId));
  }

  private unknown(billingCustomerId: string): string {
    return `Unknown billing customer ${billingCustomerId} in account ${this.account}.`;
  }
}
