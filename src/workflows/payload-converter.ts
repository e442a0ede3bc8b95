import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';

/**
 * Decodes untrusted payloads. An unreadable payload, such as a signal with invalid JSON, becomes undefined, which every
 * handler rejects. By default, it would fail the workflow task repeatedly and block the journey.
 *
 * Encrypted payloads still throw: the worker lacks the codec, and the facts must wait for a worker that has it.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload<T>(payload: Payload): T {
    try {
      return defaultPayloadConverter.fromPayload<T>(payload);
    } catch (error) {
      if (encodingOf(payload) === 'binary/encrypted') throw error;
      return undefined as T; // handlers accept unknown values, and reject undefined
    }
  },
};

function encodingOf({ metadata }: Payload): string {
  return String.fromCharCode(...(metadata?.encoding ?? []));
}
