/** One API call. Status 0: no answer was sent, or not yet. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  status: number;
  /** RFC 3339, when the headers arrived. */
  readonly at: string;
}

/** A call and its answer, for `onRequest`: after the answer is sent or the connection is closed. */
export interface Exchange extends LoggedRequest {
  readonly requestBody: unknown;
  readonly responseBody: unknown;
}

/** Older entries are dropped, so that a long-running sandbox does not fill the memory. */
const kept = 100_000;
/** Longer paths and queries are truncated. */
const longest = 2_000;

/** The calls since the last reset, in order of arrival. */
export class RequestLog {
  #entries: LoggedRequest[] = [];

  open(method: string, url: string): LoggedRequest {
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const query = mark < 0 ? '' : url.slice(mark + 1);
    const at = new Date().toISOString();
    const entry = { method, path: path.slice(0, longest), query: query.slice(0, longest), status: 0, at };
    this.#entries.push(entry);
    if (this.#entries.length > kept * 1.1) this.#entries = this.#entries.slice(-kept);
    return entry;
  }

  all(): readonly LoggedRequest[] {
    return this.#entries;
  }

  clear(): void {
    this.#entries = [];
  }
}
