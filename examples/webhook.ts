/** A webhook as it arrived. The signature covers the raw body, so it must not be parsed before. */
export interface Webhook {
  readonly body: string;
  /** Names in lower case, as in Node.js. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** The sender is not the biller. Respond with 401; nothing was reported. */
export class ForgedWebhookError extends Error {
  override readonly name = 'ForgedWebhookError';
}

/** @throws ForgedWebhookError if the header is missing */
export function requiredHeader({ headers }: Webhook, name: string): string {
  const value = headers[name];
  if (value === undefined || value === '') throw new ForgedWebhookError(`the header ${name} is missing`);
  return value;
}
