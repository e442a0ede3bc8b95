import { invalid } from './answers.js';
import { isObject, optionalText } from './routes.js';
/** Text fields: the API's name and ours, in the order in which they are shown. */
export const contactFields = [
    ['first_name', 'firstName'],
    ['last_name', 'lastName'],
    ['title', 'title'],
    ['email', 'email'],
    ['phone', 'phone'],
    ['linked_in', 'linkedIn'],
    ['twitter', 'twitter'],
    ['notes', 'notes'],
];
/** Carries the fields of a POST or PATCH body over to a contact; those left out keep their value. */
export function applyContactFields(contact, body) {
    for (const [key, field] of contactFields) {
        const value = optionalText(body, key);
        if (value !== undefined)
            contact[field] = value;
    }
    const externalId = optionalText(body, 'external_id');
    if (externalId !== undefined)
        contact.externalId = externalId;
    const { position, custom } = body;
    if (position !== undefined && position !== null) {
        if (typeof position !== 'number' || !Number.isInteger(position) || position < 1)
            throw invalid('position');
        contact.position = position;
    }
    if (custom !== undefined && custom !== null)
        contact.custom = { ...contact.custom, ...readCustom(custom) };
}
/** `[{key, value}]`, as the clients send it, or a map. */
function readCustom(custom) {
    const pairs = Array.isArray(custom) ? custom.map(readPair) : isObject(custom) ? Object.entries(custom) : undefined;
    if (!pairs)
        throw invalid('custom');
    return Object.fromEntries(pairs.map(([key, value]) => [key, readValue(value)]));
}
function readPair(item) {
    if (!isObject(item) || typeof item.key !== 'string')
        throw invalid('custom');
    return [item.key, item.value];
}
function readValue(value) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        return value;
    throw invalid('custom');
}
//# sourceMappingURL=contact-input.js.map