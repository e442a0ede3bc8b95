import type { SourceAlias } from '../domain/billing/source.js';
import type { ReadingOptions } from './facts.js';
import { readStripeReference } from './reference.js';

/** How the events of an account are read. */
export interface ReadingSettings extends Pick<Required<ReadingOptions>, 'metadataKey' | 'trustUnsignedReferences'> {
  /** Signing secrets for `client_reference_id`. */
  readonly referenceSecrets: readonly string[];
  readonly allowEmailLeadIds: boolean;
  /** The billing source of all events. Default: the first. */
  readonly source?: SourceAlias;
}

/** The options of the reader for an event that arrives now. */
export function readingOptions(settings: ReadingSettings, account: string): ReadingOptions {
  const { referenceSecrets: secrets, ...rest } = settings;
  return {
    ...rest,
    account,
    readReference: (reference) => readStripeReference(reference, { secrets, account }),
    now: Date.now(),
  };
}
