import { readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The version of this package. */
export const version = versionOf(new URL('../../package.json', import.meta.url));

/**
 * Whether a module is the program that was started. Also detects a start through npm's link on the PATH, or without the
 * file extension (`node lib/starter`).
 */
export function isMain(moduleUrl: string): boolean {
  const [, started] = process.argv;
  if (started === undefined) return false;
  try {
    return realpathSync(createRequire(moduleUrl).resolve(started)) === fileURLToPath(moduleUrl);
  } catch {
    return false; // with `node --eval`, this is the first argument and not a file
  }
}

function versionOf(file: URL): string {
  return String(JSON.parse(readFileSync(file, 'utf8')).version);
}
