import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BundleOptions, bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';

/** Written by `npm run build` beside the compiled code, so that a production worker needs no bundler at start. */
export const builtBundle = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

/** The workflow code as workers and replays load it: the built bundle if there is one, else one made from the source. */
export async function workflowBundle(): Promise<WorkflowBundleOption> {
  return existsSync(builtBundle) ? { codePath: builtBundle } : await makeWorkflowBundle();
}

/** Bundles the workflow module beside this file, source or compiled. Takes about a second. */
export async function makeWorkflowBundle(): Promise<{ code: string }> {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const workflowsPath = fileURLToPath(new URL(`../workflows/index.${ending}`, import.meta.url));
  return bundleWorkflowCode({
    workflowsPath,
    // Loaded once a worker instead of once a journey: nothing in it keeps state in a module, which a test makes sure of.
    preloadModules: [workflowsPath],
    payloadConverterPath: fileURLToPath(new URL(`../workflows/payload-converter.${ending}`, import.meta.url)),
    logger: { ...quiet },
    webpackConfigHook: namedFromHere,
  });
}

type WebpackConfig = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0];

/** Modules named from the package's root: a published bundle shall not tell the folders of whoever built it. */
function namedFromHere(config: WebpackConfig): WebpackConfig {
  const context = fileURLToPath(new URL('../..', import.meta.url));
  // Converters that we do not have are named by the folder they would be in.
  const devtoolModuleFilenameTemplate = ({ resourcePath }: { resourcePath: string }) =>
    resourcePath.replace(/^ignored\|.*\|/, '');
  return { ...config, context, output: { ...config.output, devtoolModuleFilenameTemplate } };
}

const nothing = () => undefined;
/** The bundler reports sizes and times at info; only its errors are of interest, and those it throws. */
const quiet = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
