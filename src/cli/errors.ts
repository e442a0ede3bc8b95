/** The command has said its answer, and ends with this exit code because of it. */
export class EndWith extends Error {
  override readonly name = 'EndWith';
  constructor(readonly exitCode: number) {
    super(`exit code ${exitCode}`);
  }
}

/** Something was typed that cannot be run. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'usage';
}
