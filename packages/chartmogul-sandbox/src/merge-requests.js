import { invalid, missing, refuse, unprocessable } from './answers.js';
import { customerNotFound } from './finding.js';
import { findPart } from './merging.js';
import { isObject, objectBody, requiredText } from './routes.js';
/** Recorded for merges and unmerges alike: 202 with an empty object, the work is done later. */
const accepted = { status: 202, body: {} };
/** `POST /v1/customers/merges` `{from, into}`, each by customer uuid or by source and external id. */
export function requestMerge(account, request) {
    const body = objectBody(request);
    if (body.from === undefined)
        throw missing('from');
    if (body.into === undefined)
        throw missing('into');
    const into = identify(account, body.into, 'into');
    if (!into)
        throw customerNotFound('into');
    const from = identify(account, body.from, 'from');
    if (!from) {
        if (wasMergedAway(account, body.from))
            return answerSecondMerge(account);
        throw customerNotFound('from');
    }
    if (from.uuid === into.uuid) {
        if (wasMergedAway(account, body.from))
            return answerSecondMerge(account);
        throw unprocessable({ from: 'A customer cannot be merged into itself.' });
    }
    queueMerge(account, from.uuid, into.uuid); // asked for twice, the second time finds nothing left to do
    return accepted;
}
/** `POST /v1/customers/unmerges`: the source customer leaves the record and gets a new uuid. */
export function requestUnmerge(account, request) {
    const body = objectBody(request);
    const customerUuid = requiredText(body, 'customer_uuid');
    const dataSourceUuid = requiredText(body, 'data_source_uuid');
    const externalId = requiredText(body, 'external_id');
    const { move_to_new_customer: moving = [] } = body;
    // What is moved are tasks, opportunities and notes, which the sandbox does not hold.
    const movable = ['tasks', 'opportunities', 'notes'];
    if (moving !== null && !(Array.isArray(moving) && moving.every((kind) => movable.includes(kind)))) {
        throw invalid('move_to_new_customer');
    }
    const customer = account.store.customers.get(customerUuid);
    if (!customer)
        throw customerNotFound();
    if (!findPart(customer, dataSourceUuid, externalId))
        throw customerNotFound('external_id');
    if (customer.sourceCustomers.length < 2)
        throw unprocessable({ customer_uuid: 'This customer was never merged.' });
    const at = Date.now() + account.knobs.mergeDelayMs;
    const work = { kind: 'unmerge', customerUuid, dataSourceUuid, externalId };
    account.pending.add({ id: account.store.nextId(), trigger: { when: 'due', at }, work });
    return accepted;
}
function identify({ store, knobs }, reference, param) {
    if (!isObject(reference))
        throw invalid(param);
    if (reference.customer_uuid !== undefined) {
        const uuid = requiredText(reference, 'customer_uuid');
        return knobs.mergedUuid === 'follow' ? store.survivorOf(uuid) : store.customers.get(uuid);
    }
    const dataSourceUuid = requiredText(reference, 'data_source_uuid');
    const externalId = requiredText(reference, 'external_id');
    const customer = store.customers.find(dataSourceUuid, externalId);
    if (customer && knobs.mergedExternalId === 'absent' && !isPrimary(customer, dataSourceUuid, externalId))
        return undefined;
    return customer;
}
/** Whether the reference names what was once a record of its own. */
function wasMergedAway({ store }, reference) {
    if (!isObject(reference))
        return false;
    if (typeof reference.customer_uuid === 'string')
        return store.absorbed.get(reference.customer_uuid) !== undefined;
    const [dataSourceUuid, externalId] = [String(reference.data_source_uuid), String(reference.external_id)];
    const customer = store.customers.find(dataSourceUuid, externalId);
    return customer !== undefined && !isPrimary(customer, dataSourceUuid, externalId);
}
function isPrimary(customer, dataSourceUuid, externalId) {
    return customer.dataSourceUuid === dataSourceUuid && customer.externalId === externalId;
}
/** Not documented: hence a knob. */
function answerSecondMerge({ knobs }) {
    if (knobs.secondMerge === '202')
        return accepted;
    if (knobs.secondMerge === '422')
        throw unprocessable({ from: 'This customer was merged already.' });
    throw refuse(404, 'Customer not found', 'from');
}
function queueMerge({ store, pending, knobs }, fromUuid, intoUuid) {
    const work = { kind: 'merge', fromUuid, intoUuid };
    const trigger = knobs.mergeAfterReads > 0
        ? { when: 'read', uuid: intoUuid, remaining: knobs.mergeAfterReads }
        : { when: 'due', at: Date.now() + knobs.mergeDelayMs };
    pending.add({ id: store.nextId(), trigger, work });
}
//# sourceMappingURL=merge-requests.js.map