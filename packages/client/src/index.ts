/** The gateway, from an application's side: on `fetch`, with nothing to install. */
export { type CallOptions, JourneyClient, type JourneyClientOptions } from './client.js';
export { GatewayError, type GatewayProblem } from './errors.js';
export type {
  Accepted,
  EventResult,
  EventResults,
  JourneyEvent,
  LeadCreated,
  LeadView,
  PaymentSucceeded,
  Profile,
  TrialStarted,
} from './messages.js';
