import { readFileSync } from 'node:fs';
import { invalidSettings } from './errors.js';

/** How often the file is read: a new key is used within a second, and no call waits for the file system. */
const keptMs = 1_000;

/** The API key in a file, without white space around it. @throws TemporalConfigError if there is none */
export function readApiKey(file: string): string {
  let key: string;
  try {
    key = readFileSync(file, 'utf8').trim();
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error); // reading a file failed
    throw invalidSettings(`TEMPORAL_API_KEY_FILE (${file}) cannot be read (${reason}).`, error);
  }
  if (!/^[\x21-\x7e]+$/.test(key))
    throw invalidSettings(`TEMPORAL_API_KEY_FILE (${file}) does not contain one API key.`);
  return key;
}

/**
 * Returns a function that returns the key now in the file, which somebody may replace at any time. While the file is
 * missing or empty, it returns the last key.
 */
export function apiKeyReader(file: string): () => string {
  let key = readApiKey(file);
  let readAt = Date.now();
  return () => {
    if (Date.now() - readAt < keptMs) return key;
    readAt = Date.now();
    try {
      key = readApiKey(file);
    } catch {
      // It is being replaced.
    }
    return key;
  };
}

/** When a token (JWT) expires, if it says so: an API key may be a token. The signature is not checked. */
export function expiryOf(key: string): Date | undefined {
  try {
    const { exp } = JSON.parse(Buffer.from(key.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof exp === 'number' ? new Date(exp * 1000) : undefined;
  } catch {
    return undefined;
  }
}
