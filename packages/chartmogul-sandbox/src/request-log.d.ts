/** One call of the API. Status 0: no answer was sent, or not yet. */
export interface LoggedRequest {
    readonly method: string;
    readonly path: string;
    readonly query: string;
    status: number;
    /** RFC 3339, when the headers arrived. */
    readonly at: string;
}
/** A call and its answer, as `onRequest` tells of it once the answer was sent or the connection is gone. */
export interface Exchange extends LoggedRequest {
    readonly requestBody: unknown;
    readonly responseBody: unknown;
}
/** The calls since the last reset, in the order in which they arrived. */
export declare class RequestLog {
    #private;
    open(method: string, url: string): LoggedRequest;
    all(): readonly LoggedRequest[];
    clear(): void;
}
