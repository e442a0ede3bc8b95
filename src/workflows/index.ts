export { billingCustomer } from './billing-customer.js';
export { customerJourney } from './customer-journey.js';
