/** What a handler gives back: JSON as `body`, or `text` as it is, or nothing. */
export interface Answer {
    readonly status: number;
    readonly body?: unknown;
    readonly text?: string;
    readonly headers?: Readonly<Record<string, string>>;
}
/** Thrown by a handler to answer with an error; nothing it changed before may be left behind. */
export declare class Refusal extends Error {
    readonly answer: Answer;
    constructor(answer: Answer);
}
/** Shape A: `{code, message, param}`, the customer service's. Recorded for 401, 400 and the 404 of a search. */
export declare function refuse(status: number, message: string, param?: string | null): Refusal;
/** Shape A with the recorded text `Parameter "name" is missing`. */
export declare function missing(param: string): Refusal;
/** Shape A for a parameter of the wrong type or outside its values. */
export declare function invalid(param: string, reason?: string): Refusal;
/** Shape B: `{errors: {field: text}}` with 422. Every value is one string: the Go client reads no other type. */
export declare function unprocessable(errors: Readonly<Record<string, string>>): Refusal;
/** Shape C: `{error}`, recorded for an unknown data source. */
export declare function plainError(status: number, error: string): Refusal;
/** Shape D: `{error, error_details}`, the import service's. */
export declare function importError(status: number, param: string, code: string, message: string): Refusal;
