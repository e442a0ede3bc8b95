/** A file could not be written, for example because the disk is full. The message says which, why, and what to do. */
export class FileUnwritableError extends Error {
  override readonly name = 'FileUnwritableError';
  readonly code = 'file-unwritable';

  constructor(path: string, cause: unknown, advice: string) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${path} cannot be written: ${reason}. ${advice}`, { cause });
  }
}

/** Whether the operating system refused a call, such as a write to a full disk. */
export function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
