import type { FaultSettings } from '../../packages/chartmogul-sandbox/src/index.js';
import type { RequestName } from '../../src/domain/journey/attention.js';

/** The client's timeout in tests of these responses. The failure text of a timeout contains it. */
export const timeoutMs = 400;
const externalIdExists = 'The external ID for this customer already exists in our system.';

/** One way in which ChartMogul fails, and the result at each step. */
export interface Row {
  /** What ChartMogul does, as the predicate of a sentence. */
  readonly what: string;
  readonly fault: Omit<FaultSettings, 'route'>;
  /** The failure type of a step. */
  readonly type: 'RateLimited' | 'Unavailable' | 'Unauthorized' | 'Refused';
  readonly isFinal: boolean;
  /** The failure text, without the leading step name. */
  readonly text: string;
  readonly status?: number;
  /** Milliseconds until the next try, if `Retry-After` exceeds the retry interval (a minute for the payer lookup). */
  readonly delay?: { readonly lookup?: number; readonly other: number };
  /** The steps that return a result instead of failing. */
  readonly answers?: { readonly [step in RequestName]?: unknown };
}

const gone = { writeDates: 'gone', confirmMerge: 'gone', requestMerge: { status: 404 } };
const semantic = { requestMerge: { status: 422 } };

/** Every status and error shape of ChartMogul. Shown in docs/faults.md. */
export const answers: readonly Row[] = [
  refused(400, 'with an unknown message', undefined, '(withheld)'),
  refused(400, 'with a field name (shape A)', a(400, 'Parameter "name" is missing', 'name'), {
    said: 'Parameter "name" is missing',
    where: 'field name',
  }),
  unauthorized(401, undefined, 'No valid API key provided'),
  unauthorized(402, undefined, '(withheld)'),
  unauthorized(403, undefined, '(withheld)'),
  { ...refused(404, '(shape A)', a(404, 'Customer not found', null), 'Customer not found'), answers: gone },
  { ...refused(404, '(shape C)', { error: 'Data source not found' }, 'Data source not found'), answers: gone },
  { ...refused(404, '(shape E)', '', '(withheld)'), answers: gone, text: 'ChartMogul answered 404: HTTP 404' },
  refused(405, 'with an unknown message', undefined, '(withheld)'),
  refused(409, 'with an unknown message', undefined, '(withheld)'),
  {
    ...refused(
      422,
      'for an invalid field (shape B)',
      { errors: { lead_created_at: 'Must lie in the past.' } },
      {
        said: '(withheld)',
        where: 'field lead_created_at',
      },
    ),
    answers: semantic,
  },
  {
    ...refused(
      422,
      'because the id already exists (shape B)',
      { errors: { external_id: externalIdExists } },
      {
        said: externalIdExists,
        where: 'field external_id',
      },
    ),
    answers: { ...semantic, createLead: 'exists' },
  },
  {
    ...refused(
      422,
      'because the id already exists, with another field error',
      { errors: { external_id: externalIdExists, name: 'x' } },
      {
        said: externalIdExists,
        where: 'field external_id',
      },
    ),
    answers: semantic,
  },
  {
    ...refused(
      422,
      'with details (shape D)',
      { error: 'x', error_details: [{ param: 'invoice', code: 'invalid', message: 'Invoice not found' }] },
      { said: '(withheld)', where: 'field invoice, code invalid' },
    ),
    answers: semantic,
  },
  {
    ...refused(
      422,
      'with fields and details (shape D)',
      { name: ["can't be blank"], error_details: [{ param: 'name', code: 'blank', message: "can't be blank" }] },
      { said: "can't be blank", where: 'field name, code blank' },
    ),
    answers: semantic,
  },
  rateLimited(429, undefined, 'Your request rate has exceeded our rate limit.'),
  { ...rateLimited(429, 7, 'Your request rate has exceeded our rate limit.'), delay: { other: 7_000 } },
  {
    ...rateLimited(429, 90, 'Your request rate has exceeded our rate limit.'),
    delay: { lookup: 90_000, other: 90_000 },
  },
  {
    ...rateLimited(429, 3_600, 'Your request rate has exceeded our rate limit.'),
    delay: { lookup: 300_000, other: 300_000 },
  },
  rateLimited(429, 0, 'Your request rate has exceeded our rate limit.'),
  rateLimited(503, undefined, 'HTTP 503'),
  { ...rateLimited(503, 120, 'HTTP 503'), delay: { lookup: 120_000, other: 120_000 } },
  unavailable(408, '(request timeout)', '(withheld)'),
  unavailable(500, 'with an empty body (shape E)', 'HTTP 500'),
  unavailable(502, 'with plain text (shape E)', 'HTTP 502'),
  unavailable(504, 'with plain text (shape E)', 'HTTP 504'),
  unavailable(599, '(unknown status)', 'HTTP 599'),
  noResponse('reset', 'resets the connection', 'no connection'),
  noResponse('timeout', 'does not respond', `no answer within ${timeoutMs} ms`),
  noResponse('drop_answer', 'processes the request and drops the connection', 'no connection'),
  {
    what: 'returns 200 with a body that is not JSON',
    fault: { status: 'garbage' },
    type: 'Unavailable',
    isFinal: false,
    status: 200,
    text: "ChartMogul answered 200: the answer is not ChartMogul's: (all)",
    // A merge is asynchronous: any 2xx counts as accepted, and confirmMerge verifies it.
    answers: { requestMerge: 'accepted' },
  },
];

/** A body of shape A: `{code, message, param}`. */
function a(code: number, message: string, param: string | null) {
  return { code, message, param };
}

type Said = string | { readonly said: string; readonly where: string };

function textOf(status: number, said: Said): string {
  if (typeof said === 'string') return `ChartMogul answered ${status}: ${said}`;
  return `ChartMogul answered ${status} (${said.where}): ${said.said}`;
}

function refused(status: number, what: string, body: unknown, said: Said): Row {
  const fault = { status, ...(body !== undefined && { body }) };
  return {
    what: `returns ${status} ${what}`,
    fault,
    type: 'Refused',
    isFinal: true,
    status,
    text: textOf(status, said),
  };
}

function unauthorized(status: number, body: unknown, said: Said): Row {
  return { ...refused(status, '(key or account)', body, said), type: 'Unauthorized' };
}

function rateLimited(status: number, retryAfter: number | undefined, said: Said): Row {
  const fault = { status, ...(retryAfter !== undefined && { retryAfter }) };
  const what = retryAfter === undefined ? '' : ` with Retry-After: ${retryAfter}`;
  return {
    what: `returns ${status}${what}`,
    fault,
    type: 'RateLimited',
    isFinal: false,
    status,
    text: textOf(status, said),
  };
}

function unavailable(status: number, what: string, said: Said): Row {
  const row = refused(status, what, undefined, said);
  return { ...row, type: 'Unavailable', isFinal: false };
}

function noResponse(status: 'reset' | 'timeout' | 'drop_answer', what: string, said: string): Row {
  return { what, fault: { status }, type: 'Unavailable', isFinal: false, text: `no usable answer: ${said}` };
}
