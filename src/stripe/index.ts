/** For the application that sends its customers to Stripe. Loads no more than Node's own crypto. */
export { type StripeReferenceOptions, stripeReference } from './reference.js';
