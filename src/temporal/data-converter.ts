import type { DataConverter } from '@temporalio/common';

/**
 * The data converter of every client, worker and replay. Currently the SDK's default, plain JSON. Add a payload codec
 * for encryption here; workflows do not change.
 */
export function dataConverter(): DataConverter {
  return {};
}
