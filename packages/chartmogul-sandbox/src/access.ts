import { type Refusal, refuse } from './answers.js';

/** The API key with full access. */
export const apiKey = 'sandbox-key';
/** The API key with access level "Read-only". */
export const readOnlyApiKey = 'sandbox-readonly-key';

/**
 * Checks HTTP Basic authentication: the key is the user name, the password is empty or the key again. The answer to
 * a write with a read-only key is not recorded; the clients treat 401 and 403 alike.
 */
export function checkAccess(authorization: string | undefined, method: string): Refusal | undefined {
  const credentials = /^basic\s+([\w+/=-]+)\s*$/i.exec(authorization ?? '')?.[1];
  const [key = '', ...rest] = Buffer.from(credentials ?? '', 'base64')
    .toString()
    .split(':');
  const password = rest.join(':');
  const isKnown = (key === apiKey || key === readOnlyApiKey) && (password === '' || password === key);
  if (!isKnown) return refuse(401, 'No valid API key provided'); // recorded 2017 and 2020, ruby client
  if (key === readOnlyApiKey && method !== 'GET' && method !== 'HEAD') {
    return refuse(403, 'This API key has read-only access');
  }
  return undefined;
}
