import { writeFile } from 'node:fs/promises';
import { builtBundle, makeWorkflowBundle } from './workflow-bundle.js';

// The last step of `npm run build`. The bundler rejects workflow code that imports Node modules, so a successful build
// has a working bundle.
const { code } = await makeWorkflowBundle();
await writeFile(builtBundle, code);
