import { writeFile } from 'node:fs/promises';
import { builtBundle, makeWorkflowBundle } from './workflow-bundle.js';

// The last step of `npm run build`. The bundler refuses workflow code that reaches for Node, so a build that ends well
// has a bundle that runs.
const { code } = await makeWorkflowBundle();
await writeFile(builtBundle, code);
