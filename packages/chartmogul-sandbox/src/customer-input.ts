import type { Account } from './account.js';
import { invalid, unprocessable } from './answers.js';
import { readAttributeList, readAttributeMap, readTags } from './attribute-input.js';
import { parseDate } from './dates.js';
import { stateCode } from './places.js';
import { type Customer, type LeadStatus, leadStatuses } from './records.js';
import { isObject, optionalText } from './routes.js';

type Body = Readonly<Record<string, unknown>>;

/**
 * Copies the fields of a POST or PATCH body to a record. Omitted fields keep their value; unknown ones are ignored, as
 * are `external_id` and `data_source_uuid`. Recorded 2023-10-29, ruby client.
 */
export function applyProfile(account: Account, customer: Customer, body: Body): void {
  for (const key of ['name', 'email', 'company'] as const) {
    const value = optionalText(body, key);
    if (value !== undefined) customer[key] = value ?? ''; // never null: the Python client cannot read null
  }
  for (const key of ['city', 'zip'] as const) {
    const value = optionalText(body, key);
    if (value !== undefined) customer[key] = value;
  }
  const websiteUrl = optionalText(body, 'website_url');
  if (websiteUrl !== undefined) customer.websiteUrl = websiteUrl;
  applyPlace(customer, body);
  applyOwner(account, customer, body);
  applyStatus(customer, body);
  applyDates(account, customer, body);
}

function applyPlace(customer: Customer, body: Body): void {
  const country = optionalText(body, 'country');
  const state = optionalText(body, 'state');
  if (country !== undefined) customer.country = country === '' ? null : (country?.toUpperCase() ?? null);
  if (state !== undefined) customer.state = state === null ? null : stateCode(state);
  // Recorded: a state sent with "DE" was returned as null.
  if (customer.country !== 'US') customer.state = null;
}

/** Recorded: an owner who is not a user of the account is ignored without an error. */
function applyOwner({ knobs }: Account, customer: Customer, body: Body): void {
  const owner = optionalText(body, 'owner');
  if (owner === null || (owner !== undefined && knobs.users.includes(owner))) customer.owner = owner;
}

/** Only lead statuses can be set, with a space (as in answers) or an underscore (as in filters). */
function applyStatus(customer: Customer, body: Body): void {
  const status = optionalText(body, 'status');
  if (status === undefined || status === null) return;
  const wanted = status.replaceAll('_', ' ');
  const leadStatus = leadStatuses.find((candidate): candidate is LeadStatus => candidate === wanted);
  if (!leadStatus) throw unprocessable({ status: `Must be one of ${leadStatuses.join(', ')}.` });
  customer.leadStatus = leadStatus;
}

/** "If this timestamp is set, and lead_created_at is empty, ChartMogul sets it to the same value": the tutorial. */
function applyDates(account: Account, customer: Customer, body: Body): void {
  const leadCreatedAt = readDate(account, body, 'lead_created_at');
  const freeTrialStartedAt = readDate(account, body, 'free_trial_started_at');
  if (leadCreatedAt !== undefined) customer.leadCreatedAt = leadCreatedAt;
  if (freeTrialStartedAt === undefined) return;
  customer.freeTrialStartedAt = freeTrialStartedAt;
  customer.leadCreatedAt ??= freeTrialStartedAt;
}

function readDate({ knobs }: Account, body: Body, key: string): number | null | undefined {
  const text = optionalText(body, key);
  if (text === undefined) return undefined;
  if (text === null || text === '') return knobs.nullDates === 'clear' ? null : undefined;
  const time = parseDate(text, knobs.zonelessOffsetMinutes);
  if (time === undefined) throw invalid(key, 'is not a valid date');
  if (knobs.futureDates === 'refuse' && time > Date.now()) throw unprocessable({ [key]: 'Must lie in the past.' });
  return time;
}

/** `attributes` of a new customer: tags and a typed array of custom attributes. */
export function applyNewAttributes(account: Account, customer: Customer, body: Body): void {
  const attributes = readAttributes(body);
  if (attributes.tags !== undefined) customer.tags = readTags(attributes.tags, 'attributes.tags');
  if (attributes.custom !== undefined) customer.custom = readAttributeList(account, attributes.custom);
}

/** `attributes` of a PATCH: replaces the tags; custom attributes are a map, and omitted keys stay unchanged. */
export function applyChangedAttributes(account: Account, customer: Customer, body: Body): void {
  const attributes = readAttributes(body);
  if (attributes.tags !== undefined) customer.tags = readTags(attributes.tags, 'attributes.tags');
  if (attributes.custom !== undefined) customer.custom = readAttributeMap(account, customer.custom, attributes.custom);
}

function readAttributes(body: Body): Body {
  const { attributes } = body;
  if (attributes === undefined || attributes === null) return {};
  if (!isObject(attributes)) throw invalid('attributes');
  return attributes;
}
