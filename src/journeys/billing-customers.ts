import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import { learn, nothingKnown } from '../domain/billing/next-action.js';
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
import { JourneyNotFoundError } from './errors.js';
import { checkBillingCustomer, readBillingReport, readLink } from './input.js';
import type { JourneyReference, JourneysOptions } from './options.js';

/** The memory of a billing customer as a workflow: what it takes. It never ends. */
type BillingCustomerWorkflow = (customer: messages.BillingCustomer) => Promise<never>;

/**
 * Tells the memories of billing customers what the billing system's events say, and asks them: what the gateway calls.
 * Everything said of `Journeys` holds here too: reports are safe to repeat, in any order, and have succeeded once Temporal
 * has taken them; the same errors.
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

  /** An event of the billing system tells of one of its customers. @throws InvalidInputError */
  async reported(billingCustomerId: string, input: messages.BillingReport): Promise<JourneyReference> {
    const report = readBillingReport(billingCustomerId, input, this.options);
    const state = learn(nothingKnown, report, formatInstant(new Date()));
    return this.calls.temporal(async () => {
      const handle = await this.client.workflow.signalWithStart(messages.billingCustomerType, {
        ...this.startOptions(billingCustomerId),
        signal: messages.billingReported,
        signalArgs: [report],
        // Searchable from the first second, at no cost.
        memo: { ...billingMemoOf(state) },
        typedSearchAttributes: startAttributes(billingAttributesOf({ billingCustomerId, ...billingViewOf(state) })),
      });
      return { workflowId: handle.workflowId, runId: handle.signaledRunId };
    });
  }

  /**
   * ChartMogul may show the customer by now: passed on to its lead's journey. Starts nothing.
   *
   * @returns false if nothing is known of such a customer
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
   * Says which lead the customer is, above every event, and takes back what another lead's journey was told. Also before the
   * first event of the customer. Needs a worker.
   *
   * @throws InvalidInputError, JourneyRefusedError if that other journey has asked for the merge already
   */
  async link(billingCustomerId: string, request: messages.LinkRequest): Promise<messages.BillingCustomerView> {
    const args: [messages.LinkRequest] = [readLink(billingCustomerId, request, this.options)];
    return this.worker(billingCustomerId, () =>
      this.client.workflow.executeUpdateWithStart(messages.linkLead, {
        args,
        startWorkflowOperation: new WithStartWorkflowOperation<BillingCustomerWorkflow>(messages.billingCustomerType, {
          ...this.startOptions(billingCustomerId),
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      }),
    );
  }

  /** The customer as it stands. Needs a worker. @throws JourneyNotFoundError, InvalidInputError */
  async view(billingCustomerId: string): Promise<messages.BillingCustomerView> {
    checkBillingCustomer(billingCustomerId);
    return this.worker(billingCustomerId, () => this.handle(billingCustomerId).query(messages.billingCustomerView));
  }

  /** The customers of the account, newest first, from Temporal's records: they may be seconds behind. Needs no worker. */
  async *list(filter: BillingCustomerFilter = {}): AsyncGenerator<BillingCustomerSummary> {
    const infos = this.client.workflow.list({ query: billingQuery(this.account, filter) });
    for await (const info of this.calls.each(infos)) yield billingSummaryOf(this.account, info);
  }

  /** How many customers {@link list} would give. */
  async count(filter: BillingCustomerFilter = {}): Promise<number> {
    const query = billingQuery(this.account, filter);
    const { count } = await this.calls.temporal(() => this.client.workflow.count(query));
    return count;
  }

  /** The handle of a customer's memory, for all that `@temporalio/client` can do with it. */
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
    return this.calls.worker(
      call,
      `Nothing is known of a billing customer ${billingCustomerId} in account ${this.account}.`,
    );
  }
}
