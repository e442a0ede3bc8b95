import { invalid } from './answers.js';
import { formatDate, parseDate } from './dates.js';
import { isObject } from './routes.js';
/** Tags: strings, each once, in the order given. */
export function readTags(value, param = 'tags') {
    if (value === null)
        return [];
    if (!Array.isArray(value) || !value.every((tag) => typeof tag === 'string' && tag !== ''))
        throw invalid(param);
    return [...new Set(value)];
}
/** The typed array of a POST: `[{type, key, value, source?}]`. */
export function readAttributeList(account, value) {
    if (value === null)
        return {};
    if (!Array.isArray(value))
        throw invalid('custom', 'must be an array of type, key and value');
    return Object.fromEntries(value.map((item) => {
        if (!isObject(item) || typeof item.key !== 'string' || item.key === '')
            throw invalid('custom');
        return [item.key, readTyped(account, item.key, item.type, item.value)];
    }));
}
/**
 * The map of a PATCH or PUT: `{key: value}` or `{key: {value, source}}`, on top of what there is. A null takes the
 * attribute away; what ChartMogul does with it is not documented.
 */
export function readAttributeMap(account, current, value) {
    if (value === null)
        return current;
    if (!isObject(value))
        throw invalid('custom', 'must be a map of keys and values');
    const changed = Object.entries(value).map(([key, entry]) => {
        const inner = isObject(entry) && 'value' in entry ? entry.value : entry;
        return [key, inner === null ? null : readUntyped(account, key, inner)];
    });
    const all = new Map([...Object.entries(current), ...changed]);
    return Object.fromEntries([...all].filter((pair) => pair[1] !== null));
}
function readTyped(account, key, type, value) {
    const read = typeof type === 'string' && Object.hasOwn(readers, type) ? type : undefined;
    if (!isAttributeType(read))
        throw invalid('custom', `has an unknown type for ${JSON.stringify(key)}`);
    const result = readers[read](value, account.knobs.zonelessOffsetMinutes);
    if (result === undefined)
        throw invalid('custom', `has a value for ${JSON.stringify(key)} that is no ${read}`);
    account.store.attributeTypes.put(key, read);
    return result;
}
/** Recorded: a key once given as a Timestamp is read as one in a map too (ruby client, 2023-10-30). */
function readUntyped(account, key, value) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
        throw invalid('custom');
    if (account.store.attributeTypes.get(key) !== 'Timestamp')
        return value;
    return readTyped(account, key, 'Timestamp', value);
}
const readers = {
    String: (value) => (typeof value === 'string' ? value : undefined),
    Integer: (value) => (Number.isSafeInteger(numberOf(value)) ? numberOf(value) : undefined),
    Decimal: numberOf,
    Boolean: (value) => (typeof value === 'boolean' ? value : undefined),
    Timestamp: (value, offsetMinutes) => {
        const time = typeof value === 'string' ? parseDate(value, offsetMinutes) : undefined;
        return time === undefined ? undefined : formatDate(time);
    },
};
/** A number, also as text: some clients keep decimals in strings. */
function numberOf(value) {
    if (typeof value === 'number')
        return value;
    return typeof value === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : undefined;
}
function isAttributeType(type) {
    return type !== undefined && Object.hasOwn(readers, type);
}
//# sourceMappingURL=attribute-input.js.map