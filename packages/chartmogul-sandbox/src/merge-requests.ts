import type { Account } from './account.js';
import { type Answer, invalid, missing, refuse, unprocessable } from './answers.js';
import { customerNotFound } from './finding.js';
import { findPart } from './merging.js';
import type { Customer } from './records.js';
import { type ApiRequest, isObject, objectBody, requiredText } from './routes.js';

/** Recorded for merges and unmerges alike: 202 with an empty object; the job runs later. */
const accepted: Answer = { status: 202, body: {} };

/** `POST /v1/customers/merges` `{from, into}`, each by customer uuid or by source and external id. */
export function requestMerge(account: Account, request: ApiRequest): Answer {
  const body = objectBody(request);
  if (body.from === undefined) throw missing('from');
  if (body.into === undefined) throw missing('into');
  const into = identify(account, body.into, 'into');
  if (!into) throw customerNotFound('into');
  const from = identify(account, body.from, 'from');
  if (!from) {
    if (wasMergedAway(account, body.from)) return answerSecondMerge(account);
    throw customerNotFound('from');
  }
  if (from.uuid === into.uuid) {
    if (wasMergedAway(account, body.from)) return answerSecondMerge(account);
    throw unprocessable({ from: 'A customer cannot be merged into itself.' });
  }
  queueMerge(account, from.uuid, into.uuid); // a repeated merge request has no effect
  return accepted;
}

/** `POST /v1/customers/unmerges`: splits off the source customer into a record with a new uuid. */
export function requestUnmerge(account: Account, request: ApiRequest): Answer {
  const body = objectBody(request);
  const customerUuid = requiredText(body, 'customer_uuid');
  const dataSourceUuid = requiredText(body, 'data_source_uuid');
  const externalId = requiredText(body, 'external_id');
  const { move_to_new_customer: moving = [] } = body;
  // Moves tasks, opportunities and notes, which the sandbox does not store.
  const movable: unknown[] = ['tasks', 'opportunities', 'notes'];
  if (moving !== null && !(Array.isArray(moving) && moving.every((kind) => movable.includes(kind)))) {
    throw invalid('move_to_new_customer');
  }
  const customer = account.store.customers.get(customerUuid);
  if (!customer) throw customerNotFound();
  if (!findPart(customer, dataSourceUuid, externalId)) throw customerNotFound('external_id');
  if (customer.sourceCustomers.length < 2) throw unprocessable({ customer_uuid: 'This customer was never merged.' });
  const at = Date.now() + account.knobs.mergeDelayMs;
  const work = { kind: 'unmerge', customerUuid, dataSourceUuid, externalId } as const;
  account.pending.add({ id: account.store.nextId(), trigger: { when: 'due', at }, work });
  return accepted;
}

function identify({ store, knobs }: Account, reference: unknown, param: string): Customer | undefined {
  if (!isObject(reference)) throw invalid(param);
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

/** Whether the reference names a record that was merged into another. */
function wasMergedAway({ store }: Account, reference: unknown): boolean {
  if (!isObject(reference)) return false;
  if (typeof reference.customer_uuid === 'string') return store.absorbed.get(reference.customer_uuid) !== undefined;
  const [dataSourceUuid, externalId] = [String(reference.data_source_uuid), String(reference.external_id)];
  const customer = store.customers.find(dataSourceUuid, externalId);
  return customer !== undefined && !isPrimary(customer, dataSourceUuid, externalId);
}

function isPrimary(customer: Customer, dataSourceUuid: string, externalId: string): boolean {
  return customer.dataSourceUuid === dataSourceUuid && customer.externalId === externalId;
}

/** Not documented, so there is a knob. */
function answerSecondMerge({ knobs }: Account): Answer {
  if (knobs.secondMerge === '202') return accepted;
  if (knobs.secondMerge === '422') throw unprocessable({ from: 'This customer was merged already.' });
  throw refuse(404, 'Customer not found', 'from');
}

function queueMerge({ store, pending, knobs }: Account, fromUuid: string, intoUuid: string): void {
  const work = { kind: 'merge', fromUuid, intoUuid } as const;
  const trigger =
    knobs.mergeAfterReads > 0
      ? ({ when: 'read', uuid: intoUuid, remaining: knobs.mergeAfterReads } as const)
      : ({ when: 'due', at: Date.now() + knobs.mergeDelayMs } as const);
  pending.add({ id: store.nextId(), trigger, work });
}
