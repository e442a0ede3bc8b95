import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';

/**
 * Reads what others sent to a journey. A payload that cannot be read at all, such as a signal with broken JSON, becomes
 * undefined, which every handler refuses; by default it would fail the workflow task for ever and hold the journey up.
 *
 * Encrypted payloads are the exception: there the worker lacks the codec, and the facts must wait for one that has it.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload<T>(payload: Payload): T {
    try {
      return defaultPayloadConverter.fromPayload<T>(payload);
    } catch (error) {
      if (encodingOf(payload) === 'binary/encrypted') throw error;
      return undefined as T; // handlers take unknown, and refuse it
    }
  },
};

function encodingOf({ metadata }: Payload): string {
  return String.fromCharCode(...(metadata?.encoding ?? []));
}
