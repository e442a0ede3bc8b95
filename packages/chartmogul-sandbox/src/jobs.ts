import type { Account } from './account.js';
import { ingest } from './ingestion.js';
import { merge, unmerge } from './merging.js';
import type { Job } from './pending.js';

/** Runs every job that is due. Called before each request, so that an answer is never stale. */
export function settle(account: Account, now = Date.now()): void {
  const { pending } = account;
  for (let job = pending.takeDue(now); job; job = pending.takeDue(now)) carryOut(account, job);
}

/** Runs one job now. */
export function carryOut(account: Account, { work }: Job): void {
  if (work.kind === 'ingest') ingest(account, work.customer);
  else if (work.kind === 'merge') merge(account, work.fromUuid, work.intoUuid);
  else unmerge(account, work.customerUuid, work.dataSourceUuid, work.externalId);
}
