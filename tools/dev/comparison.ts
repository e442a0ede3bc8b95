import { table } from '../../src/cli/terminal.js';
import { adam } from './adam.js';
import { day } from './exchange.js';
import { type AdamsRecords, hasDates, type StoredRecord, salesCycleDays } from './records.js';

/** The records before and after, one column each, as lines for a terminal. */
export function comparison(before: AdamsRecords | undefined, after: AdamsRecords): string[] {
  const columns = [
    ...(before?.lead && before.payer
      ? [columnOf("before: the lead's", before.lead), columnOf("before: Stripe's", before.payer)]
      : []),
    ...after.all.map((record) => columnOf(before ? 'after: one record' : 'one record', record)),
  ];
  const names = ['', 'external ids', 'lead created', 'trial started', 'customer since', 'sales cycle'];
  const [titles = [], ...rows] = names.map((name, row) => [name, ...columns.map((column) => column[row] ?? '')]);
  return table(titles, rows);
}

function columnOf(title: string, record: StoredRecord): string[] {
  return [
    title,
    record.external_ids.join(', '),
    day(record.lead_created_at),
    second(record.free_trial_started_at),
    day(record['customer-since']),
    salesCycle(record),
  ];
}

function second(date: string | null | undefined): string {
  return date ? `${date.slice(0, 10)} ${date.slice(11, 19)}` : 'none';
}

/** If the trial date replaced the lead date, the chart still has a number, but it is wrong. */
function salesCycle(record: StoredRecord): string {
  const days = salesCycleDays(record);
  if (days === undefined) return 'none';
  return `${days} days${hasDates(record, adam.leadCreatedAt) ? '' : ', wrong'}`;
}
