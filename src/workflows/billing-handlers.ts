import { ApplicationFailure, condition, log, setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import { parseBillingReport } from '../domain/billing/report.js';
import { isTrueProblems, leadIdProblems, type Problem } from '../domain/journey/reports.js';
import type { BillingMemory } from './billing-memory.js';
import * as messages from './billing-messages.js';
import { interruptNotification } from './billing-steps.js';
import { noteProblems, refuse } from './handlers.js';

/** Registers all message handlers of a billing customer. Signals only record; a link update returns once settled. */
export function answerBillingMessages(memory: BillingMemory): void {
  setHandler(messages.billingReported, (input) => reported(memory, input), {
    description: 'Report a billing event',
  });
  setHandler(messages.billingHint, () => memory.hint(), {
    description: 'Hint that ChartMogul may show the customer now',
  });
  setDefaultSignalHandler((name) => log.warn('unknown signal dropped', { name }));

  setHandler(messages.billingCustomerView, () => memory.view(), { description: 'The current state of the customer' });
  setHandler(messages.billingFacts, () => memory.facts, { description: 'All facts that events have reported' });

  setHandler(messages.linkLead, (request) => linkLead(memory, request), {
    description: 'Link the customer to a lead',
    validator: (request) => refuse(linkProblems(request)),
  });
}

function reported(memory: BillingMemory, input: unknown): void {
  const parsed = parseBillingReport(input, Date.now());
  if (parsed.ok) memory.learn(parsed.value);
  else {
    const reasons = parsed.problems.map(({ pointer, message }) => `${pointer || 'it'} ${message}`).join('; ');
    memory.noteRefused(`A report was rejected: ${reasons}.`);
  }
}

async function linkLead(memory: BillingMemory, request: messages.LinkRequest): Promise<messages.BillingCustomerView> {
  const pendingLink = memory.requestLink(request);
  interruptNotification(memory);
  await condition(() => pendingLink.stage === 'settled');
  if (pendingLink.refusal !== undefined) throw ApplicationFailure.nonRetryable(pendingLink.refusal, 'Refused');
  return memory.view();
}

function linkProblems(request: Partial<messages.LinkRequest> | undefined): Problem[] {
  return [
    ...leadIdProblems(request?.leadId, { allowEmail: true }),
    ...noteProblems(request),
    ...isTrueProblems(request?.isUnmerged, '/isUnmerged'),
  ];
}
