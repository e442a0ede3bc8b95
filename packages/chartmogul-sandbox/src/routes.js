import { invalid, missing, refuse } from './answers.js';
/** The body as an object: what every operation that writes needs. */
export function objectBody({ body }) {
    if (body === undefined)
        throw refuse(400, 'The request body is missing');
    if (!isObject(body))
        throw refuse(400, 'The request body must be a JSON object');
    return body;
}
export function isObject(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
/** A string that has to be there. */
export function requiredText(body, key) {
    const value = body[key];
    if (value === undefined || value === null || value === '')
        throw missing(key);
    if (typeof value !== 'string')
        throw invalid(key);
    return value;
}
/** A string or null that may be left out: then undefined. */
export function optionalText(body, key) {
    const value = body[key];
    if (value === undefined || value === null || typeof value === 'string')
        return value;
    throw invalid(key);
}
/** `page` was replaced by cursors; the text is the one the official Python client expects in its tests. */
export function refusePage(query) {
    if (query.has('page'))
        throw refuse(400, 'Parameter "page" is deprecated', 'page');
}
//# sourceMappingURL=routes.js.map