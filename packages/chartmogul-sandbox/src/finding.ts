import type { Account } from './account.js';
import { plainError, type Refusal, refuse, unprocessable } from './answers.js';
import type { Customer } from './records.js';

/** Finds the record for a uuid in a path, or throws a 404. The knob `mergedUuid` decides for a merged-away uuid. */
export function customerOf({ store, knobs }: Account, uuid: string | undefined): Customer {
  const customer = knobs.mergedUuid === 'follow' ? store.survivorOf(uuid ?? '') : store.customers.get(uuid ?? '');
  if (!customer) throw customerNotFound();
  return customer;
}

export function customerNotFound(param = 'customer_uuid'): Refusal {
  return refuse(404, 'Customer not found', param);
}

/** Not recorded, so there is a knob. */
export function unknownSource({ knobs }: Account): Refusal {
  if (knobs.unknownSource === '404') return plainError(404, 'Data source not found');
  return unprocessable({ data_source_uuid: 'Data source not found.' });
}
