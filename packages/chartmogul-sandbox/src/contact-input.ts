import { invalid } from './answers.js';
import type { AttributeValue, Contact, CustomAttributes } from './records.js';
import { isObject, optionalText } from './routes.js';

/** Text fields in display order: the API's name and ours. */
export const contactFields = [
  ['first_name', 'firstName'],
  ['last_name', 'lastName'],
  ['title', 'title'],
  ['email', 'email'],
  ['phone', 'phone'],
  ['linked_in', 'linkedIn'],
  ['twitter', 'twitter'],
  ['notes', 'notes'],
] as const;

/** Copies the fields of a POST or PATCH body to a contact; omitted fields keep their value. */
export function applyContactFields(contact: Contact, body: Readonly<Record<string, unknown>>): void {
  for (const [key, field] of contactFields) {
    const value = optionalText(body, key);
    if (value !== undefined) contact[field] = value;
  }
  const externalId = optionalText(body, 'external_id');
  if (externalId !== undefined) contact.externalId = externalId;
  const { position, custom } = body;
  if (position !== undefined && position !== null) {
    if (typeof position !== 'number' || !Number.isInteger(position) || position < 1) throw invalid('position');
    contact.position = position;
  }
  if (custom !== undefined && custom !== null) contact.custom = { ...contact.custom, ...readCustom(custom) };
}

/** `[{key, value}]`, as clients send it, or a map. */
function readCustom(custom: unknown): CustomAttributes {
  const pairs = Array.isArray(custom) ? custom.map(readPair) : isObject(custom) ? Object.entries(custom) : undefined;
  if (!pairs) throw invalid('custom');
  return Object.fromEntries(pairs.map(([key, value]) => [key, readValue(value)]));
}

function readPair(item: unknown): [string, unknown] {
  if (!isObject(item) || typeof item.key !== 'string') throw invalid('custom');
  return [item.key, item.value];
}

function readValue(value: unknown): AttributeValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw invalid('custom');
}
