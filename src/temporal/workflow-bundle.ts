import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';

/** Written by `npm run build` beside the compiled code, so that a production worker needs no bundler at start. */
export const builtBundle = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

/** The workflow code as workers and replays load it: the built bundle if there is one, else one made from the source. */
export async function workflowBundle(): Promise<WorkflowBundleOption> {
  return existsSync(builtBundle) ? { codePath: builtBundle } : await makeWorkflowBundle();
}

/** Bundles the workflow module beside this file, source or compiled. Takes about a second. */
export async function makeWorkflowBundle(): Promise<{ code: string }> {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL(`../workflows/index.${ending}`, import.meta.url)),
    logger: { ...quiet },
  });
}

const nothing = () => undefined;
/** The bundler reports sizes and times at info; only its errors are of interest, and those it throws. */
const quiet = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
