import { writeFile } from 'node:fs/promises';
import { openApiDocument } from '../../src/gateway/gateway.js';

/** Writes docs/openapi.json, which a test compares with what the gateway serves. */
const file = new URL('../../docs/openapi.json', import.meta.url);

await writeFile(file, `${JSON.stringify(await openApiDocument(), undefined, 2)}\n`);
console.log('docs/openapi.json written');
