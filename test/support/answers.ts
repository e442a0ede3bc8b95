import type { FaultSettings } from '../../packages/chartmogul-sandbox/src/index.js';
import type { RequestName } from '../../src/domain/journey/attention.js';

/** The client's timeout where the answers are walked: the text of a timeout tells it. */
export const timeoutMs = 400;
const externalIdExists = 'The external ID for this customer already exists in our system.';

/** One way in which ChartMogul fails, and what each step makes of it. */
export interface Row {
  /** What ChartMogul does. */
  readonly what: string;
  readonly fault: Omit<FaultSettings, 'route'>;
  /** How a step fails by it. */
  readonly type: 'RateLimited' | 'Unavailable' | 'Unauthorized' | 'Refused';
  readonly isFinal: boolean;
  /** The failure's text behind the name of the step. */
  readonly text: string;
  readonly status?: number;
  /** Milliseconds until the next try, where ChartMogul asks for more than the retry policy has: a minute for the lookup. */
  readonly delay?: { readonly lookup?: number; readonly other: number };
  /** The steps that do not fail by it but answer. */
  readonly answers?: { readonly [step in RequestName]?: unknown };
}

const gone = { writeDates: 'gone', confirmMerge: 'gone', requestMerge: { status: 404 } };
const semantic = { requestMerge: { status: 422 } };

/** Every status and error shape there is. Shown in docs/faults.md. */
export const answers: readonly Row[] = [
  refused(400, 'without a known text', undefined, '(withheld)'),
  refused(400, 'naming a field (shape A)', a(400, 'Parameter "name" is missing', 'name'), {
    said: 'Parameter "name" is missing',
    where: 'field name',
  }),
  unauthorized(401, undefined, 'No valid API key provided'),
  unauthorized(402, undefined, '(withheld)'),
  unauthorized(403, undefined, '(withheld)'),
  { ...refused(404, '(shape A)', a(404, 'Customer not found', null), 'Customer not found'), answers: gone },
  { ...refused(404, '(shape C)', { error: 'Data source not found' }, 'Data source not found'), answers: gone },
  { ...refused(404, '(shape E)', '', '(withheld)'), answers: gone, text: 'ChartMogul answered 404: HTTP 404' },
  refused(405, 'for a method', undefined, '(withheld)'),
  refused(409, 'for something else', undefined, '(withheld)'),
  {
    ...refused(
      422,
      'for a field (shape B)',
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
      'because the id is taken (shape B)',
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
      'because the id is taken, among others',
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
  slowDown(429, undefined, 'Your request rate has exceeded our rate limit.'),
  { ...slowDown(429, 7, 'Your request rate has exceeded our rate limit.'), delay: { other: 7_000 } },
  { ...slowDown(429, 90, 'Your request rate has exceeded our rate limit.'), delay: { lookup: 90_000, other: 90_000 } },
  {
    ...slowDown(429, 3_600, 'Your request rate has exceeded our rate limit.'),
    delay: { lookup: 300_000, other: 300_000 },
  },
  slowDown(429, 0, 'Your request rate has exceeded our rate limit.'),
  slowDown(503, undefined, 'HTTP 503'),
  { ...slowDown(503, 120, 'HTTP 503'), delay: { lookup: 120_000, other: 120_000 } },
  away(408, 'too slow a request', '(withheld)'),
  away(500, 'an empty body (shape E)', 'HTTP 500'),
  away(502, 'plain text (shape E)', 'HTTP 502'),
  away(504, 'plain text (shape E)', 'HTTP 504'),
  away(599, 'a status that nobody knows', 'HTTP 599'),
  cut('reset', 'resets the connection', 'no connection'),
  cut('timeout', 'does not answer', `no answer within ${timeoutMs} ms`),
  cut('drop_answer', 'answers into a broken connection', 'no connection'),
  {
    what: 'answers 200 with something else than JSON',
    fault: { status: 'garbage' },
    type: 'Unavailable',
    isFinal: false,
    status: 200,
    text: "ChartMogul answered 200: the answer is not ChartMogul's: (all)",
    // Any 2xx is a promise at most; confirmMerge is the proof.
    answers: { requestMerge: 'accepted' },
  },
];

/** Shape A of a body: `{code, message, param}`. */
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
    what: `answers ${status} ${what}`,
    fault,
    type: 'Refused',
    isFinal: true,
    status,
    text: textOf(status, said),
  };
}

function unauthorized(status: number, body: unknown, said: Said): Row {
  return { ...refused(status, 'for the key or the account', body, said), type: 'Unauthorized' };
}

function slowDown(status: number, retryAfter: number | undefined, said: Said): Row {
  const fault = { status, ...(retryAfter !== undefined && { retryAfter }) };
  const what = retryAfter === undefined ? '' : `, to be tried again after ${retryAfter} seconds`;
  return {
    what: `answers ${status}${what}`,
    fault,
    type: 'RateLimited',
    isFinal: false,
    status,
    text: textOf(status, said),
  };
}

function away(status: number, what: string, said: Said): Row {
  const row = refused(status, `with ${what}`, undefined, said);
  return { ...row, type: 'Unavailable', isFinal: false };
}

function cut(status: 'reset' | 'timeout' | 'drop_answer', what: string, said: string): Row {
  return { what, fault: { status }, type: 'Unavailable', isFinal: false, text: `no usable answer: ${said}` };
}
