import { ApplicationFailure, condition, log, setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import { parseBillingReport } from '../domain/billing/report.js';
import { isTrueProblems, leadIdProblems, type Problem } from '../domain/journey/reports.js';
import type { BillingMemory } from './billing-memory.js';
import * as messages from './billing-messages.js';
import { noteProblems, refuse } from './handlers.js';

/** Registers everything a billing customer answers to. Signals only record; a link is answered when it is settled. */
export function answerBillingMessages(memory: BillingMemory): void {
  setHandler(messages.billingReported, (input) => reported(memory, input), {
    description: 'What an event of the billing system tells',
  });
  setHandler(messages.billingHint, () => memory.hint(), { description: 'ChartMogul may show the customer by now' });
  setDefaultSignalHandler((name) => log.warn('unknown signal dropped', { name }));

  setHandler(messages.billingCustomerView, () => memory.view(), { description: 'The customer as far as it is known' });

  setHandler(messages.linkLead, (request) => linkLead(memory, request), {
    description: 'Say which lead the customer is',
    validator: (request) => refuse(linkProblems(request)),
  });
}

function reported(memory: BillingMemory, input: unknown): void {
  const parsed = parseBillingReport(input, Date.now());
  if (parsed.ok) memory.learn(parsed.value);
  else {
    const reasons = parsed.problems.map(({ pointer, message }) => `${pointer || 'it'} ${message}`).join('; ');
    memory.noteRefused(`A report was not taken: ${reasons}.`);
  }
}

async function linkLead(memory: BillingMemory, request: messages.LinkRequest): Promise<messages.BillingCustomerView> {
  const pendingLink = memory.requestLink(request);
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
