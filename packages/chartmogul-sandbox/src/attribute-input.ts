import type { Account } from './account.js';
import { invalid } from './answers.js';
import { formatDate, parseDate } from './dates.js';
import type { AttributeType, AttributeValue, CustomAttributes } from './records.js';
import { isObject } from './routes.js';

/** Tags: strings without duplicates, in the given order. */
export function readTags(value: unknown, param = 'tags'): string[] {
  if (value === null) return [];
  if (!Array.isArray(value) || !value.every((tag) => typeof tag === 'string' && tag !== '')) throw invalid(param);
  return [...new Set<string>(value)];
}

/** The typed array of a POST: `[{type, key, value, source?}]`. */
export function readAttributeList(account: Account, value: unknown): CustomAttributes {
  if (value === null) return {};
  if (!Array.isArray(value)) throw invalid('custom', 'must be an array of type, key and value');
  return Object.fromEntries(
    value.map((item: unknown) => {
      if (!isObject(item) || typeof item.key !== 'string' || item.key === '') throw invalid('custom');
      return [item.key, readTyped(account, item.key, item.type, item.value)];
    }),
  );
}

/**
 * The map of a PATCH or PUT: `{key: value}` or `{key: {value, source}}`, merged into the existing attributes. A null
 * removes the attribute; ChartMogul's behaviour is not documented.
 */
export function readAttributeMap(account: Account, current: CustomAttributes, value: unknown): CustomAttributes {
  if (value === null) return current;
  if (!isObject(value)) throw invalid('custom', 'must be a map of keys and values');
  const changed = Object.entries(value).map(([key, entry]): [string, AttributeValue | null] => {
    const inner = isObject(entry) && 'value' in entry ? entry.value : entry;
    return [key, inner === null ? null : readUntyped(account, key, inner)];
  });
  const all = new Map<string, AttributeValue | null>([...Object.entries(current), ...changed]);
  return Object.fromEntries([...all].filter((pair): pair is [string, AttributeValue] => pair[1] !== null));
}

function readTyped(account: Account, key: string, type: unknown, value: unknown): AttributeValue {
  const read = typeof type === 'string' && Object.hasOwn(readers, type) ? type : undefined;
  if (!isAttributeType(read)) throw invalid('custom', `has an unknown type for ${JSON.stringify(key)}`);
  const result = readers[read](value, account.knobs.zonelessOffsetMinutes);
  if (result === undefined)
    throw invalid('custom', `has a value for ${JSON.stringify(key)} that is not of type ${read}`);
  account.store.attributeTypes.put(key, read);
  return result;
}

/** Recorded: a key that was set as a Timestamp stays one in a map (ruby client, 2023-10-30). */
function readUntyped(account: Account, key: string, value: unknown): AttributeValue {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') throw invalid('custom');
  if (account.store.attributeTypes.get(key) !== 'Timestamp') return value;
  return readTyped(account, key, 'Timestamp', value);
}

type Reader = (value: unknown, offsetMinutes: number) => AttributeValue | undefined;

const readers: Record<AttributeType, Reader> = {
  String: (value) => (typeof value === 'string' ? value : undefined),
  Integer: (value) => (Number.isSafeInteger(numberOf(value)) ? numberOf(value) : undefined),
  Decimal: numberOf,
  Boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  Timestamp: (value, offsetMinutes) => {
    const time = typeof value === 'string' ? parseDate(value, offsetMinutes) : undefined;
    return time === undefined ? undefined : formatDate(time);
  },
};

/** A number or a numeric string: some clients send decimals as strings. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : undefined;
}

function isAttributeType(type: string | undefined): type is AttributeType {
  return type !== undefined && Object.hasOwn(readers, type);
}
