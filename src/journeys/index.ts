export type { Problem } from '../domain/journey/reports.js';
export { ConfigError } from '../runtime/config.js';
export { CredentialRefusedError, TemporalConfigError, TemporalUnavailableError } from '../temporal/errors.js';
export type { BillingCustomerView, BillingReport, LinkRequest } from '../workflows/billing-messages.js';
export type {
  CloseRequest,
  CorrectRequest,
  JourneyResult,
  JourneyView,
  LeadReport,
  PaymentReport,
  Profile,
  RelinkRequest,
  RetryRequest,
  TrialReport,
  UnmergeRequest,
  WithdrawRequest,
} from '../workflows/messages.js';
export { BillingCustomers } from './billing-customers.js';
export type { BillingCustomerFilter, BillingCustomerSummary } from './billing-search.js';
export { connectBillingCustomers, connectJourneys } from './connect.js';
export { InvalidInputError, JourneyNotFoundError, JourneyRefusedError, NoWorkerError } from './errors.js';
export { Journeys } from './journeys.js';
export type { JourneyReference, JourneysOptions } from './options.js';
export type { JourneyFilter, JourneySummary } from './search.js';
