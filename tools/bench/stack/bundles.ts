import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { makeWorkflowBundle } from '../../../src/temporal/workflow-bundle.js';

const folder = fileURLToPath(new URL('../../../.bench', import.meta.url));
const paths = new Map<string, Promise<string>>();

/** The path of the journey's workflow bundle. Bundled here, because bundling in a worker would add to its memory use. */
export function journeyBundle(): Promise<string> {
  return once('journey', makeWorkflowBundle);
}

/** The path of the floor's workflow bundle. */
export function floorBundle(): Promise<string> {
  const nothing = () => undefined;
  const workflowsPath = fileURLToPath(new URL('../floor/workflow.ts', import.meta.url));
  return once('floor', () =>
    bundleWorkflowCode({
      workflowsPath,
      preloadModules: [workflowsPath],
      logger: { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing },
    }),
  );
}

function once(name: string, make: () => Promise<{ code: string }>): Promise<string> {
  const path = paths.get(name) ?? write(name, make);
  paths.set(name, path);
  return path;
}

async function write(name: string, make: () => Promise<{ code: string }>): Promise<string> {
  const { code } = await make();
  const path = join(folder, `${name}-bundle.js`);
  await mkdir(folder, { recursive: true });
  await writeFile(path, code);
  return path;
}
