import type { DataConverter } from '@temporalio/common';

/**
 * How payloads are written into and read from Temporal, for every client, worker and replay alike. Today the SDK's
 * default, plain JSON; a payload codec that encrypts belongs here, and no workflow changes for it.
 */
export function dataConverter(): DataConverter {
  return {};
}
