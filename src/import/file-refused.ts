/** The file cannot be imported, or not with these options. */
export class FileRefusedError extends Error {
  override readonly name = 'FileRefusedError';
  readonly code = 'usage';
}
