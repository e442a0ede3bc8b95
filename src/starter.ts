#!/usr/bin/env node
import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Duration, SearchAttributePair } from '@temporalio/common';
import { starterConfig } from './config.js';
import { factsOf, leadDate, payerId, paymentDate, trialDate } from './journey/facts.js';
import { nextStep, nothingSeen } from './journey/next-step.js';
import { leadIdProblems, type Problem, parseReport, type Report, type ReportKind } from './journey/reports.js';
import { stageOf } from './journey/stage.js';
import { connectClient, TemporalUnavailableError } from './temporal/connect.js';
import { grpcErrorIn, grpcStatus } from './temporal/grpc-errors.js';
import * as messages from './workflows/messages.js';
import { livePriority } from './workflows/policy.js';
import { startAttributes } from './workflows/search-attributes.js';

export type {
  JourneyResult,
  JourneyView,
  LeadReport,
  PaymentReport,
  Profile,
  TrialReport,
} from './workflows/messages.js';

export interface JourneysOptions {
  /** A connected client of `@temporalio/client`, in the namespace where journeys run. */
  readonly client: Client;
  /** The ChartMogul account, as configured on the worker. Default: `default`. */
  readonly account?: string;
  /** Lets lead ids contain an `@`. They are not encrypted in Temporal. Default: false. */
  readonly allowEmailLeadIds?: boolean;
  /** How long one attempt of a request to ChartMogul may take. Default: 40 seconds. */
  readonly attemptTimeout?: Duration;
  /** 1 is most urgent, 5 least. Default: 2; use 5 for bulk. */
  readonly priority?: number;
}

/** An input that cannot be right. Nothing was started or sent. */
export class InvalidInputError extends Error {
  override readonly name = 'InvalidInputError';
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(({ pointer, message }) => `${pointer.slice(1) || 'it'} ${message}`).join('\n'));
  }
}

/** No journey of this lead is known: it never began, or it ended so long ago that Temporal has forgotten it. */
export class JourneyNotFoundError extends Error {
  override readonly name = 'JourneyNotFoundError';
}

/** The journey refuses what was asked. The message says why, and the way by hand if there is one. */
export class JourneyRefusedError extends Error {
  override readonly name = 'JourneyRefusedError';
}

/** Where a journey can be looked at in Temporal. */
export interface JourneyReference {
  readonly workflowId: string;
  readonly runId: string;
}

/**
 * Starts journeys and talks to them: what an application calls.
 *
 * Every report is safe to repeat, may come late and in any order, and starts the journey if none is running; it has
 * succeeded once Temporal has taken it. All methods throw `TemporalUnavailableError` if Temporal cannot be reached: then
 * repeat the call, which is safe.
 */
export class Journeys {
  private readonly client: Client;
  private readonly account: string;

  constructor(private readonly options: JourneysOptions) {
    this.client = options.client;
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

  /** The paying customer may be visible in ChartMogul by now: a running lookup looks at once. */
  async payerHint(leadId: string): Promise<void> {
    await this.ask(leadId, (journey) => journey.signal(messages.payerHint));
  }

  /** Tries again now, with all attempts. */
  async retry(leadId: string, request: messages.RetryRequest = {}): Promise<void> {
    await this.ask(leadId, (journey) => journey.signal(messages.retry, request));
  }

  /** Replaces a date, above all reports. @throws JourneyRefusedError */
  async correct(leadId: string, request: messages.CorrectRequest): Promise<messages.JourneyView> {
    return this.ask(leadId, (journey) => journey.executeUpdate(messages.correct, { args: [request] }));
  }

  /** Names another billing customer, above all reports. @throws JourneyRefusedError */
  async relink(leadId: string, request: messages.RelinkRequest): Promise<messages.JourneyView> {
    return this.ask(leadId, (journey) => journey.executeUpdate(messages.relink, { args: [request] }));
  }

  /** Ends the journey where it stands. @throws JourneyRefusedError */
  async close(leadId: string, request: messages.CloseRequest): Promise<messages.JourneyView> {
    return this.ask(leadId, (journey) => journey.executeUpdate(messages.close, { args: [request] }));
  }

  /** The journey as it stands, or as it ended. A worker must be running. */
  async view(leadId: string): Promise<messages.JourneyView> {
    return this.ask(leadId, (journey) => journey.query(messages.journey));
  }

  /** The handle of a journey, for all that `@temporalio/client` can do with it. */
  handle(leadId: string) {
    return this.client.workflow.getHandle(messages.journeyId(leadId, this.account));
  }

  private async report(leadId: string, kind: ReportKind, input: unknown): Promise<JourneyReference> {
    const parsed = parseReport(kind, input, Date.now());
    const problems = [
      ...leadIdProblems(leadId, { allowEmail: this.options.allowEmailLeadIds ?? false }),
      ...(parsed.ok ? [] : parsed.problems),
    ];
    if (problems.length > 0 || !parsed.ok) throw new InvalidInputError(problems);

    const { kind: signal, ...report } = parsed.value;
    const lead: messages.Lead = {
      leadId,
      account: this.account,
      ...(this.options.attemptTimeout !== undefined && { attemptTimeout: this.options.attemptTimeout }),
    };
    return reachingTemporal(async () => {
      const handle = await this.client.workflow.signalWithStart(messages.customerJourneyType, {
        workflowId: messages.journeyId(leadId, this.account),
        taskQueue: messages.workflowTaskQueue,
        args: [lead],
        signal,
        signalArgs: [report],
        typedSearchAttributes: attributesOf(leadId, parsed.value),
        staticSummary: `Lead ${leadId}`,
        priority: { priorityKey: this.options.priority ?? livePriority },
      });
      return { workflowId: handle.workflowId, runId: handle.signaledRunId };
    });
  }

  private async ask<T>(leadId: string, question: (journey: ReturnType<Journeys['handle']>) => Promise<T>): Promise<T> {
    return reachingTemporal(async () => {
      try {
        return await question(this.handle(leadId));
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) {
          throw new JourneyNotFoundError(`No journey of lead ${leadId} is running in account ${this.account}.`);
        }
        if (error instanceof WorkflowUpdateFailedError)
          throw new JourneyRefusedError(error.cause?.message ?? error.message);
        throw error;
      }
    });
  }
}

/**
 * {@link Journeys} on the Temporal and the account that the environment names. Close with
 * `client.connection.close()`.
 */
export async function connectJourneys(env: NodeJS.ProcessEnv = process.env): Promise<Journeys & { client: Client }> {
  const { account, allowEmailLeadIds, attemptTimeout } = starterConfig(env);
  const client = await connectClient({ env });
  return Object.assign(new Journeys({ client, account, allowEmailLeadIds, attemptTimeout }), { client });
}

/** A journey that starts is searchable from its first second, at no cost. */
function attributesOf(leadId: string, report: Report): SearchAttributePair[] {
  const facts = factsOf(report, leadId);
  const dates = { leadCreatedAt: leadDate(facts), trialStartedAt: trialDate(facts), paidAt: paymentDate(facts) };
  return startAttributes({
    stage: stageOf(facts, nothingSeen, nextStep(leadId, facts, nothingSeen)),
    ...dates,
    billingCustomerId: payerId(facts),
  });
}

async function reachingTemporal<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const grpcError = grpcErrorIn(error);
    if (grpcError?.code === grpcStatus.unavailable || grpcError?.code === grpcStatus.deadlineExceeded) {
      throw new TemporalUnavailableError(`Temporal cannot be reached (${grpcError.details}); it is safe to repeat.`, {
        cause: error,
      });
    }
    throw error;
  }
}
