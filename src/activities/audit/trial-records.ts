import { createHash } from 'node:crypto';
import { cancellationSignal } from '@temporalio/activity';
import type { Deps } from '../deps.js';
import { longRunning } from './long-running.js';
import type { TrialRecordsInput, TrialRecordsOutput } from './parts.js';

const pagesAtOnce = 50;

/** Finds the records with trial line items, for which ChartMogul may ignore the trial date, in the list of invoices. */
export function findTrialRecordsActivity({ chartMogul }: Deps) {
  return async ({ cursor }: TrialRecordsInput): Promise<TrialRecordsOutput> =>
    longRunning('findTrialRecords', async () => {
      const trialRecords = new Set<string>();
      let [next, invoices, requests] = [cursor, 0, 0];
      do {
        const page = await chartMogul.listInvoices(next, cancellationSignal());
        requests += 1;
        invoices += page.entries.length;
        for (const { customer_uuid: uuid, line_items: items } of page.entries) {
          if (items.some(({ type }) => type === 'trial')) trialRecords.add(trialHash(uuid));
        }
        next = page.next;
      } while (next !== undefined && requests < pagesAtOnce);
      return { ...(next !== undefined && { next }), invoices, requests, trialRecords: [...trialRecords] };
    });
}

/** 48 bits of a hash of a record's UUID: a mistake costs one single read. */
export function trialHash(uuid: string): string {
  return createHash('sha256').update(uuid).digest('base64url').slice(0, 8);
}
