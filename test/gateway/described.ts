import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { RawAnswer } from './raw-http.js';

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, object>> }>>;
}

const base = 'openapi';
const document: { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> } = JSON.parse(
  readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8'),
);
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, base);

/** Statuses for requests that the document does not describe: an unknown address or method, or invalid HTTP. */
const toAnythingElse = ['400', '401', '403', '404', '405', '408', '413', '414', '415', '431'];
const problemTemplate = '#/components/schemas/Problem';

/**
 * Checks that docs/openapi.json describes a response: its status for the route, its content type, and its body.
 *
 * @param target the address as it was sent
 * @returns what differs from the document, or undefined
 */
export function undescribed(method: string, target: string, { status, headers, body }: RawAnswer): string | undefined {
  if (status >= 500) return `a ${status}`;
  const found = operationAt(method, target);
  const type = headers.get('content-type')?.replace(/;.*/, '') ?? 'no type';
  if (headers.get('cache-control') !== 'no-store') return 'it may be cached';
  if (method === 'HEAD' && body === '') return undefined;

  const isDescribed = found !== undefined && String(status) in found.operation.responses;
  if (!isDescribed && !(found === undefined && toAnythingElse.includes(String(status)))) {
    return `${status} is not described for ${found ? found.pointer : 'unknown addresses'}`;
  }
  const wanted = status >= 400 ? 'application/problem+json' : 'application/json';
  if (type !== wanted) return `it is ${type}`;
  const schema = isDescribed
    ? `${found.pointer}/responses/${status}/content/${wanted.replace('/', '~1')}/schema`
    : problemTemplate;
  const value = JSON.parse(body);
  if (status >= 400 && value.status !== status) return `the problem has the status ${value.status}`;
  const validate = ajv.getSchema(`${base}${schema}`);
  if (!validate) return `the document has no ${schema}`;
  return validate(value) ? undefined : ajv.errorsText(validate.errors);
}

function operationAt(
  method: string,
  target: string,
): { readonly pointer: string; readonly operation: Operation } | undefined {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  const wanted = method === 'HEAD' ? 'get' : method.toLowerCase();
  for (const [template, operations] of Object.entries(document.paths)) {
    const operation = operations[wanted];
    const pattern = template.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]*');
    if (operation && new RegExp(`^${pattern}/?$`).test(path)) {
      return { pointer: `#/paths/${template.replaceAll('~', '~0').replaceAll('/', '~1')}/${wanted}`, operation };
    }
  }
  return undefined;
}
