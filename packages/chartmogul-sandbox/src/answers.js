/** Thrown by a handler to answer with an error; nothing it changed before may be left behind. */
export class Refusal extends Error {
    answer;
    constructor(answer) {
        super(`refused with ${answer.status}: ${JSON.stringify(answer.body)}`);
        this.answer = answer;
        this.name = 'Refusal';
    }
}
// ChartMogul has no single error shape. The letters are those of docs/sandbox.md, section "Error shapes".
/** Shape A: `{code, message, param}`, the customer service's. Recorded for 401, 400 and the 404 of a search. */
export function refuse(status, message, param = null) {
    return new Refusal({ status, body: { code: status, message, param } });
}
/** Shape A with the recorded text `Parameter "name" is missing`. */
export function missing(param) {
    return refuse(400, `Parameter "${param}" is missing`, param);
}
/** Shape A for a parameter of the wrong type or outside its values. */
export function invalid(param, reason = 'is invalid') {
    return refuse(400, `Parameter "${param}" ${reason}`, param);
}
/** Shape B: `{errors: {field: text}}` with 422. Every value is one string: the Go client reads no other type. */
export function unprocessable(errors) {
    return new Refusal({ status: 422, body: { errors } });
}
/** Shape C: `{error}`, recorded for an unknown data source. */
export function plainError(status, error) {
    return new Refusal({ status, body: { error } });
}
/** Shape D: `{error, error_details}`, the import service's. */
export function importError(status, param, code, message) {
    return new Refusal({ status, body: { error: message, error_details: [{ param, code, message }] } });
}
//# sourceMappingURL=answers.js.map