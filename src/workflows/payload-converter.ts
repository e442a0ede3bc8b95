import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';

/**
 * Decodes untrusted payloads. A malformed payload, such as a signal with invalid JSON, becomes undefined, which every
 * handler rejects. By default, it would fail the workflow task repeatedly and block the journey.
 *
 * A payload in an unknown encoding still throws, which fails the workflow task: the worker probably lacks a codec, and
 * the facts must wait for a worker that has it.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload<T>(payload: Payload): T {
    try {
      return defaultPayloadConverter.fromPayload<T>(payload);
    } catch (error) {
      if (!isMalformed(payload)) throw error;
      return undefined as T; // handlers accept unknown values, and reject undefined
    }
  },
};

/** Whether no codec can help: codecs set an encoding of their own, and no worker reads protocol buffers. */
function isMalformed({ metadata }: Payload): boolean {
  const encoding = String.fromCharCode(...(metadata?.encoding ?? []));
  return ['', 'json/plain', 'json/protobuf', 'binary/protobuf'].includes(encoding);
}
