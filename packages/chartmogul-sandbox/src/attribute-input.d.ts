import type { Account } from './account.js';
import type { CustomAttributes } from './records.js';
/** Tags: strings, each once, in the order given. */
export declare function readTags(value: unknown, param?: string): string[];
/** The typed array of a POST: `[{type, key, value, source?}]`. */
export declare function readAttributeList(account: Account, value: unknown): CustomAttributes;
/**
 * The map of a PATCH or PUT: `{key: value}` or `{key: {value, source}}`, on top of what there is. A null takes the
 * attribute away; what ChartMogul does with it is not documented.
 */
export declare function readAttributeMap(account: Account, current: CustomAttributes, value: unknown): CustomAttributes;
