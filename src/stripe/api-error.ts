/** Stripe did not answer with a list. The message contains no text of Stripe's, which may repeat a part of the key. */
export class StripeApiError extends Error {
  override readonly name = 'StripeApiError';
  /** The exit code of the command line depends on it. */
  readonly code: 'config' | 'stripe-unavailable';
  constructor(
    readonly kind: 'unauthorized' | 'rate-limited' | 'unavailable' | 'refused',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = kind === 'unauthorized' ? 'config' : 'stripe-unavailable';
  }
}
