import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { version } from '../runtime/program.js';
import { type ProblemCode, problemSchema, problems } from './problems.js';

/** How the OpenAPI document is generated from the routes and their schemas. */
export const openApiOptions: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'customer-journey gateway',
      version,
      description:
        'Accepts events of leads. After a 202, the event is in Temporal. After a 4xx, nothing has changed. ' +
        'Every request is idempotent, and requests may come in any order.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
  },
  transform: createJsonSchemaTransform({}),
  transformObject: (document) => onceEach(createJsonSchemaTransformObject({})(document)),
};

/** Removes the `Input` variant of each schema: input and output are the same. */
function onceEach<Document extends ReturnType<ReturnType<typeof createJsonSchemaTransformObject>>>(document: Document) {
  const { components = {}, ...rest } = JSON.parse(
    JSON.stringify(document).replace(/("#\/components\/schemas\/\w+?)Input"/g, '$1"'),
  );
  const schemas = Object.entries(components.schemas ?? {}).filter(([name]) => !name.endsWith('Input'));
  return { ...rest, components: { ...components, schemas: Object.fromEntries(schemas) } };
}

/** Problems that any route may respond with. */
const always: readonly ProblemCode[] = [
  ...(['malformed-request', 'method-not-allowed', 'request-timeout', 'headers-too-large', 'internal'] as const),
];
/** Problems of routes that read a body. */
export const ofBodies = ['invalid-request', 'too-large', 'unsupported-media-type'] as const;
/** Problems of routes that need a key. */
export const ofKeys = ['unauthorized', 'forbidden'] as const;
/** Problems of routes that call Temporal. */
export const ofTemporal = ['temporal-unavailable', 'overloaded'] as const;

/** The responses of a route for its schema: its successful ones, and every problem that it may respond with. */
export function answers(good: Readonly<Record<number, z.ZodType>>, ...named: readonly ProblemCode[]) {
  const codes = [...new Set([...always, ...named])];
  const statuses = [...new Set(codes.map((code) => problems[code].status))];
  const bad = statuses.map((status) => {
    const titles = codes
      .filter((code) => problems[code].status === status)
      .map((code) => `\`${code}\`: ${problems[code].title}.`);
    const content = { 'application/problem+json': { schema: problemSchema } };
    return [status, { description: titles.join(' '), content }] as const;
  });
  return { ...good, ...Object.fromEntries(bad) };
}
