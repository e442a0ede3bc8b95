import type { Account } from './account.js';
import type { Knobs } from './knobs.js';
import {
  type AttributeValue,
  type Brought,
  type CustomAttributes,
  type Customer,
  newCustomer,
  type SourceCustomer,
} from './records.js';
import type { Store } from './store.js';

const mergedTag = 'merged-customer';

/**
 * Merges one record into another, which keeps its uuid: help article 211358589. Does nothing if one of the two was
 * deleted or they are already merged. If the target was merged away in the meantime, its survivor is the target.
 */
export function merge({ store, knobs }: Account, fromUuid: string, intoUuid: string): void {
  const from = store.customers.get(fromUuid);
  const into = store.survivorOf(intoUuid);
  if (!from || !into || from === into) return;
  const [leadCreatedAt, freeTrialStartedAt] = [
    mergedDate(knobs, into.leadCreatedAt, from.leadCreatedAt),
    mergedDate(knobs, into.freeTrialStartedAt, from.freeTrialStartedAt),
  ];
  rememberOwn(from);
  rememberOwn(into);
  store.customers.delete(from.uuid);
  store.customers.regroup(into, () => {
    // Recorded: the primary's ids are not always the first (ruby client, 2023-10-30 and 2024-10-16).
    into.sourceCustomers = [...from.sourceCustomers, ...into.sourceCustomers];
    into.tags = [...new Set([...into.tags, ...from.tags, ...(knobs.mergedTag ? [mergedTag] : [])])];
    into.custom = { ...from.custom, ...into.custom };
    into.leadCreatedAt = leadCreatedAt;
    into.freeTrialStartedAt = freeTrialStartedAt;
  });
  store.absorbed.put(from.uuid, into.uuid);
  rehome(store, into.uuid, (belonging) => belonging.customerUuid === from.uuid);
}

function mergedDate({ mergeDates }: Knobs, primary: number | null, secondary: number | null): number | null {
  if (mergeDates === 'primary_wins') return primary;
  if (primary === null || secondary === null || mergeDates === 'fill_null_from_secondary') return primary ?? secondary;
  return Math.min(primary, secondary);
}

/** Values set on the record since its last merge belong to its primary source customer. */
function rememberOwn(customer: Customer): void {
  const own = customer.sourceCustomers.find((part) => isPrimary(customer, part));
  if (!own) return;
  const others = customer.sourceCustomers.filter((part) => part !== own);
  const broughtByOthers = new Set(others.flatMap((part) => part.brought?.tags ?? []));
  own.brought = {
    name: customer.name,
    email: customer.email,
    tags: customer.tags.filter((tag) => !broughtByOthers.has(tag) || own.brought?.tags.includes(tag)),
    custom: Object.fromEntries(
      Object.entries(customer.custom).filter(
        ([key, value]) => !others.some((part) => part.brought?.custom[key] === value),
      ),
    ),
    dates: { leadCreatedAt: customer.leadCreatedAt, freeTrialStartedAt: customer.freeTrialStartedAt },
  };
}

/**
 * Splits one source customer off into a record with a new uuid. Both records then have the same standard fields (the
 * knob `unmergeDates` can give it its own dates back); tags and attributes return to their original record unless they
 * changed in the meantime (reference, unmerge).
 */
export function unmerge(
  { store, knobs }: Account,
  customerUuid: string,
  dataSourceUuid: string,
  externalId: string,
): void {
  const customer = store.survivorOf(customerUuid);
  const part = customer && findPart(customer, dataSourceUuid, externalId);
  if (!customer || !part || customer.sourceCustomers.length < 2) return;
  const { id, uuid, createdAt } = newCustomer(store.nextId(), dataSourceUuid, externalId);
  const { brought = { name: customer.name, email: customer.email, tags: [], custom: {} }, ...alone } = part;
  const split: Customer = {
    ...structuredClone(customer),
    ...{ id, uuid, createdAt, dataSourceUuid, externalId },
    ...{ name: brought.name, email: brought.email },
    ...(knobs.unmergeDates === 'restored' && brought.dates),
    sourceCustomers: [alone],
    tags: brought.tags.filter((tag) => customer.tags.includes(tag)),
    custom: attributesGivenBack(customer, part, brought),
  };
  store.customers.regroup(customer, () => takeAway(customer, part, brought));
  store.customers.put(split.uuid, split);
  rehome(store, split.uuid, (belonging) => isOf(belonging, customer, part));
}

function takeAway(customer: Customer, part: SourceCustomer, brought: Brought): void {
  const left = customer.sourceCustomers.filter((other) => other !== part);
  const kept = left.flatMap((other) => other.brought?.tags ?? []);
  const isAloneAgain = left.length === 1;
  customer.tags = customer.tags.filter(
    (tag) => (!brought.tags.includes(tag) || kept.includes(tag)) && !(isAloneAgain && tag === mergedTag),
  );
  customer.custom = attributesLeft(customer, left, brought);
  customer.sourceCustomers = left;
  const [first] = left;
  if (first && isPrimary(customer, part)) {
    customer.dataSourceUuid = first.dataSourceUuid;
    customer.externalId = first.externalId;
  }
}

/** A value of the removed part is replaced by the value of another part, or deleted. */
function attributesLeft(customer: Customer, left: SourceCustomer[], brought: Brought): CustomAttributes {
  return Object.fromEntries(
    Object.entries(customer.custom).flatMap(([key, value]): [string, AttributeValue][] => {
      if (brought.custom[key] !== value) return [[key, value]];
      const owner = left.find((other) => other.brought && Object.hasOwn(other.brought.custom, key));
      const own = owner?.brought?.custom[key];
      return own === undefined ? [] : [[key, own]];
    }),
  );
}

/** A value that matches no merged part was set later: the merged record keeps it. */
function attributesGivenBack(customer: Customer, part: SourceCustomer, brought: Brought): CustomAttributes {
  const others = customer.sourceCustomers.filter((other) => other !== part);
  const isUntouched = ([key, value]: [string, unknown]): boolean => {
    const current = customer.custom[key];
    return current === value || others.some((other) => current !== undefined && other.brought?.custom[key] === current);
  };
  return Object.fromEntries(Object.entries(brought.custom).filter(isUntouched));
}

export function findPart(customer: Customer, dataSourceUuid: string, externalId: string): SourceCustomer | undefined {
  return customer.sourceCustomers.find(
    (part) => part.dataSourceUuid === dataSourceUuid && part.externalId === externalId,
  );
}

function isPrimary(customer: Customer, part: SourceCustomer): boolean {
  return part.dataSourceUuid === customer.dataSourceUuid && part.externalId === customer.externalId;
}

/** A contact or an invoice: belongs to one source customer of a record and moves with it. */
interface Belonging {
  customerUuid: string;
  dataSourceUuid: string;
  customerExternalId: string;
}

function isOf(belonging: Belonging, customer: Customer, part: SourceCustomer): boolean {
  return (
    belonging.customerUuid === customer.uuid &&
    belonging.dataSourceUuid === part.dataSourceUuid &&
    belonging.customerExternalId === part.externalId
  );
}

function rehome(
  { contacts, invoices }: Store,
  customerUuid: string,
  isMoving: (belonging: Belonging) => boolean,
): void {
  for (const contact of contacts.values()) {
    if (isMoving(contact)) contacts.put(contact.uuid, { ...contact, customerUuid });
  }
  for (const invoice of invoices.values()) {
    if (isMoving(invoice)) invoices.put(invoice.uuid, { ...invoice, customerUuid });
  }
}
