/** Ends a command that has already printed its result with this exit code. */
export class EndWith extends Error {
  override readonly name = 'EndWith';
  constructor(readonly exitCode: number) {
    super(`exit code ${exitCode}`);
  }
}

/** The arguments are invalid. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'usage';
}
