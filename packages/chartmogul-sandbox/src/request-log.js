/** Old entries go when there are more, so that a sandbox left running does not fill the memory. */
const kept = 100_000;
/** Longer paths and queries are cut: they are noise. */
const longest = 2_000;
/** The calls since the last reset, in the order in which they arrived. */
export class RequestLog {
    #entries = [];
    open(method, url) {
        const mark = url.indexOf('?');
        const path = mark < 0 ? url : url.slice(0, mark);
        const query = mark < 0 ? '' : url.slice(mark + 1);
        const at = new Date().toISOString();
        const entry = { method, path: path.slice(0, longest), query: query.slice(0, longest), status: 0, at };
        this.#entries.push(entry);
        if (this.#entries.length > kept * 1.1)
            this.#entries = this.#entries.slice(-kept);
        return entry;
    }
    all() {
        return this.#entries;
    }
    clear() {
        this.#entries = [];
    }
}
//# sourceMappingURL=request-log.js.map