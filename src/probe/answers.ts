import { parseJson } from '../chartmogul/transport.js';

/** An answer of any status. Times are milliseconds of `performance.now()`. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** When the request was first sent, and when this answer was complete. */
  readonly sentAt: number;
  readonly answeredAt: number;
  /** More than 1: an earlier attempt may have been carried out although its answer was lost. */
  readonly attempts: number;
}

/** Status and shape with the letters of docs/sandbox.md, and the named fields: `422, shape B (external_id)`. */
export function described({ status, text }: Pick<Answer, 'status' | 'text'>): string {
  if (status < 400) return String(status);
  const fields = fieldsOf(text).filter((field) => /^[a-z_.]{1,40}$/.test(field)); // a name, never a value
  return `${status}, shape ${shapeOf(text)}${fields.length > 0 ? ` (${fields.join(', ')})` : ''}`;
}

function shapeOf(text: string): string {
  const json = parseJson(text);
  if (!isObject(json)) return 'E';
  if (Array.isArray(json.error_details)) return 'D';
  if (typeof json.code === 'number' && typeof json.message === 'string') return 'A';
  if (isObject(json.errors)) return 'B';
  return typeof json.error === 'string' ? 'C' : 'unknown';
}

function fieldsOf(text: string): string[] {
  const json = parseJson(text);
  if (!isObject(json)) return [];
  if (isObject(json.errors)) return Object.keys(json.errors);
  return typeof json.param === 'string' ? [json.param] : [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
