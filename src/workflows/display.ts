import type { StepFailure } from '../domain/journey/attention.js';
import type { NextStep } from '../domain/journey/next-step.js';
import { redactId } from '../domain/journey/records.js';
import type { JourneyView } from './messages.js';

/** What a journey is doing, for people. Only ids and dates: it is shown unencrypted. */
export function describe(next: NextStep, failure?: StepFailure): string {
  if (failure?.nextTryAt !== undefined) return `waiting to retry: ${failure.code}`;
  switch (next.do) {
    case 'createLead':
      return 'creating the lead in ChartMogul';
    case 'findLead':
      return "looking up the lead's record";
    case 'findPreviousResult':
      return 'looking up earlier journeys of this lead';
    case 'writeDates':
      return 'writing the lead and trial dates';
    case 'findPayingCustomer':
      return 'looking for the paying customer';
    case 'requestMerge':
      return 'requesting the merge';
    case 'confirmMerge':
      return 'waiting for the merge to appear';
    case 'requestUnmerge':
      return 'requesting the unmerge';
    case 'confirmUnmerge':
      return 'waiting for the unmerge to appear';
    case 'restoreDates':
      return next.of === 'lead' ? "putting back the lead's own dates" : 'putting back the dates of the record it left';
    case 'findDatesOfLeads':
      return 'asking the other leads in the record for their dates';
    case 'wait':
      return next.for === 'payment' ? 'waiting for the payment' : 'waiting for the trial or the payment';
    case 'raise-attention':
      return next.code === 'payment-without-lead' ? 'waiting for the lead to be reported' : `blocked: ${next.code}`;
    case 'finish':
      return 'proven in ChartMogul';
  }
}

/** Where a closed journey ended, which shows whether its last write has reached ChartMogul. */
export function describeClosed(next: NextStep, isRecordDeleted: boolean): string {
  return isRecordDeleted || next.do === 'finish' ? 'closed' : `closed (next step: ${describe(next)})`;
}

/** A one-line summary of a request, shown next to its events in the Web UI. */
export function summaryOf(step: NextStep): string {
  switch (step.do) {
    case 'writeDates':
      return `Write lead date ${step.dates.leadCreatedAt ?? '-'}, trial date ${step.dates.freeTrialStartedAt ?? '-'}`;
    case 'findPayingCustomer':
      return `Look for billing customer ${redactId(step.billingCustomerId)}`;
    case 'requestMerge':
      return `Merge ${step.from} into ${step.into}`;
    case 'confirmMerge':
      return `Confirm the merge into ${step.into}`;
    case 'requestUnmerge':
      return `Split the lead off ${step.uuid}`;
    case 'restoreDates': {
      const { leadCreatedAt, freeTrialStartedAt } = step.dates;
      return `Put back lead date ${leadCreatedAt ?? 'none'}, trial date ${freeTrialStartedAt ?? 'none'} on ${step.uuid}`;
    }
    default:
      return describe(step);
  }
}

/** The details that the Web UI shows for a journey, in Temporal's Markdown. */
export function currentDetails(view: JourneyView): string {
  const { attention } = view;
  const lines = [
    `Lead \`${redactId(view.leadId)}\` is **${view.stage}**${view.stage === 'proven' ? '' : `: ${view.doing}`}`,
    '',
    `- lead: ${view.leadCreatedAt ?? 'not reported'}`,
    `- trial: ${view.trialStartedAt ?? 'none so far'}`,
    `- payment: ${view.paidAt ?? 'none so far'}`,
    ...(view.mergedAt === undefined ? [] : [`- merged: ${view.mergedAt}`]),
    ...(view.customerUuid === undefined ? [] : [`- ChartMogul customer: \`${view.customerUuid}\``]),
    ...(attention ? ['', `**Attention: ${attention.code}** since ${attention.since}`, '', attention.text] : []),
    ...(attention?.detail === undefined ? [] : ['', `ChartMogul: ${attention.detail}`]),
    ...(attention?.nextTryAt === undefined ? [] : ['', `Next try: ${attention.nextTryAt}`]),
    ...view.notices.flatMap(({ code, text }) => ['', `*${code}*: ${text}`]),
  ];
  return lines.join('\n');
}
