import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { version } from '../runtime/program.js';
import { type ProblemCode, problemSchema, problems } from './problems.js';

/** How the OpenAPI document is made of the routes and their schemas. */
export const openApiOptions: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'customer-journey gateway',
      version,
      description:
        'Takes the facts of leads, strictly: what is answered with 202 is in Temporal, anything else changed nothing. ' +
        'Every request is safe to repeat, in any order.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
  },
  transform: createJsonSchemaTransform({}),
  transformObject: (document) => onceEach(createJsonSchemaTransformObject({})(document)),
};

/** Nothing of ours reads differently from how it is written, so each schema need stand there once, not for both ways. */
function onceEach<Document extends ReturnType<ReturnType<typeof createJsonSchemaTransformObject>>>(document: Document) {
  const { components = {}, ...rest } = JSON.parse(
    JSON.stringify(document).replace(/("#\/components\/schemas\/\w+?)Input"/g, '$1"'),
  );
  const schemas = Object.entries(components.schemas ?? {}).filter(([name]) => !name.endsWith('Input'));
  return { ...rest, components: { ...components, schemas: Object.fromEntries(schemas) } };
}

/** What any route may answer: the request may be unreadable, too large, or too much. */
const always: readonly ProblemCode[] = [
  ...(['malformed-request', 'method-not-allowed', 'request-timeout', 'headers-too-large', 'internal'] as const),
];
/** What a route may answer that reads a body. */
export const ofBodies = ['invalid-request', 'too-large', 'unsupported-media-type'] as const;
/** What a route may answer that needs a key. */
export const ofKeys = ['unauthorized', 'forbidden'] as const;
/** What a route may answer that asks Temporal. */
export const ofTemporal = ['temporal-unavailable', 'overloaded'] as const;

/** The answers of a route for its schema: what it gives when all is well, and every problem that it may name. */
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
