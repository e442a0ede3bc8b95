import type { Duration } from '@temporalio/common';
import type { Instant } from '../domain/journey/instant.js';
import type { Reports } from '../workflows/messages.js';
import { askingTemporal, journeysOf } from './journeys.js';

interface JourneyNotification {
  readonly account: string;
  readonly leadId: string;
  readonly billingCustomerId: string;
  readonly attemptTimeout?: Duration;
  readonly trialStartedAt?: Instant;
  readonly paidAt?: Instant;
  readonly reinstates?: true;
}

/** Notifies a lead's journey about its billing customer, in one message. Starts the journey if none is running. */
export async function notifyJourney(notification: JourneyNotification): Promise<void> {
  const { account, leadId, billingCustomerId, attemptTimeout, trialStartedAt, paidAt, reinstates } = notification;
  const reports: Reports = {
    ...(trialStartedAt !== undefined && { trialStarted: { occurredAt: trialStartedAt, billingCustomerId } }),
    ...(paidAt !== undefined && { paymentSucceeded: { occurredAt: paidAt, billingCustomerId } }),
    ...(reinstates && { reinstates }),
  };
  await askingTemporal('notifyJourney', () => journeysOf(account, attemptTimeout).reported(leadId, reports));
}
