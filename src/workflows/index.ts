export { auditAccount } from './audit-account.js';
export { billingCustomer } from './billing-customer.js';
export { customerJourney } from './customer-journey.js';
export { stripeSweep } from './stripe-sweep.js';
