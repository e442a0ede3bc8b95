/** Ends a command with this exit code, after it has printed its result. */
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
