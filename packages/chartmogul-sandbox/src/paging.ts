import { invalid } from './answers.js';
import { refusePage } from './routes.js';

/** The cap of the official n8n node, and the default recorded 2023-10-29. */
const mostPerPage = 200;

interface Pageable {
  readonly id: number;
}

/** One page of a list: `entries` and the next cursor. */
export interface Page<T> {
  readonly entries: T[];
  readonly perPage: number;
  readonly isFirst: boolean;
  /** Null only when the page is empty: a last page still has a cursor. Recorded 2023-10-29, ruby client. */
  readonly cursor: string | null;
  readonly hasMore: boolean;
}

/**
 * Takes a page from records in id order. The cursor is an id, not an offset, so that records added or removed in the
 * meantime cause no duplicates or gaps.
 *
 * @param recordsAfter the records after an id, or all for undefined, in list order
 * @param timeOf the time that ChartMogul shows in the cursor
 */
export function takePage<T extends Pageable>(
  query: URLSearchParams,
  recordsAfter: (id: number | undefined) => Iterable<T>,
  timeOf: (record: T) => number | null,
): Page<T> {
  refusePage(query);
  const perPage = readPerPage(query);
  const cursor = query.get('cursor');
  const entries: T[] = [];
  let hasMore = false;
  for (const record of recordsAfter(cursor ? readCursor(cursor) : undefined)) {
    hasMore = entries.length === perPage;
    if (hasMore) break;
    entries.push(record);
  }
  const last = entries.at(-1);
  return { entries, perPage, isFirst: !cursor, cursor: last ? writeCursor(timeOf(last), last.id) : null, hasMore };
}

/** The list as the customer service answers it: the first page also has the old page numbers. Recorded 2023-10-29. */
export function viewPage(page: Page<unknown>, entries: unknown[], totalPages: number | null): Record<string, unknown> {
  const { cursor, hasMore, perPage } = page;
  if (!page.isFirst) return { entries, cursor, has_more: hasMore };
  const numbers = { current_page: 1, total_pages: totalPages };
  return { entries, ...numbers, has_more: hasMore, per_page: perPage, page: 1, cursor };
}

function readPerPage(query: URLSearchParams): number {
  const text = query.get('per_page') ?? String(mostPerPage);
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0) throw invalid('per_page');
  return Math.min(Number(text), mostPerPage);
}

/** Recorded: base64 of the sort time with nanoseconds and the id; of `&` and the id for a lead. */
function writeCursor(time: number | null, id: number): string {
  const shown = time === null ? '' : new Date(time).toISOString().replace('Z', '000000Z');
  return Buffer.from(`${shown}&${id}`).toString('base64');
}

function readCursor(cursor: string): number {
  const match = /^(?:[\d:.T+-]+Z)?&(\d{1,15})$/.exec(Buffer.from(cursor, 'base64').toString('latin1'));
  if (!match) throw invalid('cursor');
  return Number(match[1]);
}
