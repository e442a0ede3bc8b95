/** Temporal could not be reached, and may be later. The message is one line with the address and what to do. */
export class TemporalUnavailableError extends Error {
  override readonly name = 'TemporalUnavailableError';
  readonly code = 'temporal-unavailable';
}

/** The Temporal settings are invalid, or do not fit the server. The message says which, and what to set. */
export class TemporalConfigError extends Error {
  override readonly name: string = 'TemporalConfigError';
  readonly code = 'config';
}

/** @param problem says which setting, and what is wrong with it */
export function invalidSettings(problem: string, cause?: unknown): TemporalConfigError {
  return new TemporalConfigError(`Invalid Temporal settings: ${problem}`, { cause });
}

/** Temporal refuses the API key, the token or the client certificate: it has expired or lacks a permission. */
export class CredentialRefusedError extends TemporalConfigError {
  override readonly name = 'CredentialRefusedError';
}
