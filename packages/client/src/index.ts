/** The client of the gateway for applications: uses `fetch` and has no dependencies. */
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
