import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Duration } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time.js';
import { type BinaryFound, cacheFolder, isProgram } from './cache.js';
import type { OnProgress } from './progress.js';

/** The release of the Temporal CLI that embeds the server version we test with (1.32.0). */
const cliVersion = 'v1.9.1';
/** On a closed network nothing answers at all; a download that has begun may take as long as bytes come in. */
const longestSilence = '10 seconds';

/**
 * The SDK offers its download only together with the start of a server, and keeps no time limit. So a process of its own
 * starts one and ends it, to be killed if nothing arrives.
 */
const downloader = `
  const { TestWorkflowEnvironment } = await import(process.argv[1]);
  const executable = { type: 'cached-download', version: process.argv[2], downloadDir: process.argv[3], ttl: '10 years' };
  const environment = await TestWorkflowEnvironment.createLocal({ server: { executable } });
  await environment.teardown();
`;

/** The Temporal CLI, as an earlier start downloaded it, or downloaded now by the Temporal SDK. */
export async function downloadServer(
  env: NodeJS.ProcessEnv,
  onProgress: OnProgress,
  silence: Duration = longestSilence,
): Promise<BinaryFound> {
  const folder = join(cacheFolder(env), 'temporal-cli');
  const path = join(folder, `temporal-${cliVersion}`);
  if (await isProgram(path)) return { path };

  await mkdir(folder, { recursive: true });
  onProgress(`Downloading the Temporal CLI ${cliVersion} …`);
  const sdk = pathToFileURL(createRequire(import.meta.url).resolve('@temporalio/testing')).href;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', downloader, sdk, cliVersion, folder], {
    env,
    stdio: 'ignore',
  });
  // The SDK's name for a download that is under way.
  const partial = `${path}.downloading`;
  await endOrSilence(child, partial, msToNumber(silence));
  if (await isProgram(path)) {
    onProgress(`Downloaded the Temporal CLI ${cliVersion}.`);
    return { path };
  }
  // Left there, it would make the next download wait for this one.
  await rm(partial, { force: true });
  onProgress(`The Temporal CLI ${cliVersion} could not be downloaded.`);
  return { reason: 'the Temporal CLI could not be downloaded from temporal.download' };
}

/** Waits until the child ends by itself, or kills it once the file has not grown for so long. */
async function endOrSilence(child: ChildProcess, file: string, silenceMs: number): Promise<void> {
  const ended = once(child, 'exit');
  let size = -1;
  let lastGrowth = Date.now();
  while (child.exitCode === null && child.signalCode === null) {
    await Promise.race([ended, sleep(250, undefined, { ref: false })]);
    const newSize = await stat(file).then(
      ({ size }) => size,
      () => size,
    );
    if (newSize !== size) lastGrowth = Date.now();
    size = newSize;
    if (Date.now() - lastGrowth > silenceMs) child.kill('SIGKILL');
  }
}
