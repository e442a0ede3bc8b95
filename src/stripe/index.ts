/** For the application that sends its customers to Stripe. Its only dependency is Node's crypto module. */
export { type StripeReferenceOptions, stripeReference } from './reference.js';
