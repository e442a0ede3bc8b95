import type { Account } from './account.js';
import { type Answer } from './answers.js';
import { type ApiRequest } from './routes.js';
/** `POST /v1/customers/merges` `{from, into}`, each by customer uuid or by source and external id. */
export declare function requestMerge(account: Account, request: ApiRequest): Answer;
/** `POST /v1/customers/unmerges`: the source customer leaves the record and gets a new uuid. */
export declare function requestUnmerge(account: Account, request: ApiRequest): Answer;
