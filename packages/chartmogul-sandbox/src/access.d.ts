import { type Refusal } from './answers.js';
/** The API key that may do everything. */
export declare const apiKey = "sandbox-key";
/** The API key of access level "Read-only". */
export declare const readOnlyApiKey = "sandbox-readonly-key";
/**
 * Checks HTTP Basic authentication: the key is the user name, the password is empty or the key again. What a read-only
 * key is told when it writes is not recorded; the clients treat 401 and 403 alike.
 */
export declare function checkAccess(authorization: string | undefined, method: string): Refusal | undefined;
