/** The file cannot be imported as it is, or not with these options. Nothing was started. */
export class FileRefusedError extends Error {
  override readonly name = 'FileRefusedError';
  readonly code = 'usage';
}
