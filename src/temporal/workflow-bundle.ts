import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BundleOptions, bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';

/** `npm run build` writes this file next to the compiled code, so that a production worker needs no bundler. */
export const builtBundle = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

/** The workflow code for workers and replays: the built bundle if it exists, else one bundled from source. */
export async function workflowBundle(): Promise<WorkflowBundleOption> {
  return existsSync(builtBundle) ? { codePath: builtBundle } : await makeWorkflowBundle();
}

/** Bundles the workflow module, from source or compiled code. Takes about a second. */
export async function makeWorkflowBundle(): Promise<{ code: string }> {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const workflowsPath = fileURLToPath(new URL(`../workflows/index.${ending}`, import.meta.url));
  return bundleWorkflowCode({
    workflowsPath,
    // Loaded once per worker instead of once per journey. Safe because no module keeps state, which a test checks.
    preloadModules: [workflowsPath],
    payloadConverterPath: fileURLToPath(new URL(`../workflows/payload-converter.${ending}`, import.meta.url)),
    logger: { ...quiet },
    webpackConfigHook: namedFromHere,
  });
}

type WebpackConfig = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0];

/** Names modules relative to the package root, so that a published bundle contains no local paths of the builder. */
function namedFromHere(config: WebpackConfig): WebpackConfig {
  const context = fileURLToPath(new URL('../..', import.meta.url));
  // Webpack names the missing converters by the folder where they would be.
  const devtoolModuleFilenameTemplate = ({ resourcePath }: { resourcePath: string }) =>
    resourcePath.replace(/^ignored\|.*\|/, '');
  return { ...config, context, output: { ...config.output, devtoolModuleFilenameTemplate } };
}

const nothing = () => undefined;
/** Discards the bundler's log (sizes and times); it throws its errors. */
const quiet = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
