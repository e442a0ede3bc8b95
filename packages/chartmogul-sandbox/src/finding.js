import { plainError, refuse, unprocessable } from './answers.js';
/** The record of a uuid in a path, or a 404. A merged-away uuid is one or the other, by the knob `mergedUuid`. */
export function customerOf({ store, knobs }, uuid) {
    const customer = knobs.mergedUuid === 'follow' ? store.survivorOf(uuid ?? '') : store.customers.get(uuid ?? '');
    if (!customer)
        throw customerNotFound();
    return customer;
}
export function customerNotFound(param = 'customer_uuid') {
    return refuse(404, 'Customer not found', param);
}
/** Not recorded: hence a knob. */
export function unknownSource({ knobs }) {
    if (knobs.unknownSource === '404')
        return plainError(404, 'Data source not found');
    return unprocessable({ data_source_uuid: 'Data source not found.' });
}
//# sourceMappingURL=finding.js.map