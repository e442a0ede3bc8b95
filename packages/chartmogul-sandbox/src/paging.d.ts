interface Pageable {
    readonly id: number;
}
/** One page of a list: `entries` and what to ask for next. */
export interface Page<T> {
    readonly entries: T[];
    readonly perPage: number;
    readonly isFirst: boolean;
    /** Null only when the page is empty: a last page still has a cursor. Recorded 2023-10-29, ruby client. */
    readonly cursor: string | null;
    readonly hasMore: boolean;
}
/**
 * Cuts a page out of records that come in the order of their ids. The place to go on from is an id, never a count, so
 * that records added or removed meanwhile make nothing appear twice or not at all.
 *
 * @param recordsAfter the records that follow an id, all for undefined, in the list's order
 * @param timeOf the time that ChartMogul shows in the cursor
 */
export declare function takePage<T extends Pageable>(query: URLSearchParams, recordsAfter: (id: number | undefined) => Iterable<T>, timeOf: (record: T) => number | null): Page<T>;
/** The list as the customer service answers it: a first page has the old page numbers as well. Recorded 2023-10-29. */
export declare function viewPage(page: Page<unknown>, entries: unknown[], totalPages: number | null): Record<string, unknown>;
export {};
