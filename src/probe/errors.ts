/** Why a probe ended early. The message has no key, no name and no e-mail address. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError';

  constructor(
    readonly code: 'config' | 'chartmogul-unavailable' | 'chartmogul-refused',
    message: string,
  ) {
    super(message);
  }
}
