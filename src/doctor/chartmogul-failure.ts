import type { ChartMogulError } from '../chartmogul/errors.js';
import { failure, type Observation, warning } from './findings.js';

const status = 'https://status.chartmogul.com';

/** What a failed request to ChartMogul means for the person who runs the doctor. */
export function chartMogulFailure(error: ChartMogulError): Observation {
  switch (error.kind) {
    case 'unauthorized':
      return failure(
        `ChartMogul rejects the API key or the account (${error.status})`,
        error.status === 402
          ? 'see in ChartMogul whether the account is paid for'
          : 'create a key with read and write access in ChartMogul, and set CHARTMOGUL_API_KEY',
      );
    case 'rate-limited':
      return error.status === 429
        ? warning(
            'not looked at, as ChartMogul throttles the account (429)',
            'run the doctor again when no import runs, or find the other program that uses the account',
          )
        : failure(
            'ChartMogul is down, or has too many requests (503)',
            `run the doctor again; if it stays, see ${status}`,
          );
    case 'unavailable':
      return unavailable(error);
    case 'not-found':
      return failure(
        'what answers has no such address (404): it is not ChartMogul, or CHARTMOGUL_URL has a path',
        'unset CHARTMOGUL_URL, or set it to a host without a path',
      );
    default:
      return failure(`ChartMogul refuses the request (${error.status})`, 'see CHARTMOGUL_URL');
  }
}

function unavailable({ status: answered, cause }: ChartMogulError): Observation {
  if (answered !== undefined && answered < 400) {
    return failure(
      `what answers is not ChartMogul, but another server or a proxy (${answered}, in another format)`,
      'unset CHARTMOGUL_URL, or set it to the address of ChartMogul or its sandbox',
    );
  }
  if (answered !== undefined) {
    return failure(`ChartMogul fails (${answered})`, `run the doctor again; if it stays, see ${status}`);
  }
  const reason = reasonOf(cause);
  const text = reason === undefined ? 'ChartMogul does not answer' : `ChartMogul cannot be reached: ${reason}`;
  return failure(text, `see CHARTMOGUL_URL and ${status}`);
}

/** By the code of Node's error. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the name service does not answer',
  EPROTO: 'TLS fails; is it http?',
  HPE_INVALID_CONSTANT: 'what listens there does not speak HTTP',
};

/** The code only: the message of an error contains the address, with ids. Undefined after a timeout. */
function reasonOf(cause: unknown): string | undefined {
  const { code } = (cause ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? (reasons[code] ?? code) : undefined;
}
