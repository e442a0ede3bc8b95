import type { Account } from './account.js';
import { type Answer, invalid } from './answers.js';
import { currencySign } from './customer-view.js';
import { formatSince, parseDate } from './dates.js';
import { customerOf } from './finding.js';
import { takePage } from './paging.js';
import type { Customer, SourceCustomer, Subscription } from './records.js';
import type { ApiRequest, Route } from './routes.js';

/** Activities. The sandbox has only type `new_biz` (a new subscription), for clients that poll for payers. */
export const activityRoutes: readonly Route[] = [
  { method: 'GET', path: '/v1/activities', handle: listAll },
  { method: 'GET', path: '/v1/customers/:uuid/activities', handle: listOfCustomer },
];

const types = ['new_biz', 'reactivation', 'expansion', 'contraction', 'churn'];

interface Activity extends Subscription {
  readonly customer: Customer;
  readonly part: SourceCustomer;
}

/** Recorded 2023-10-27, ruby client. */
function listAll(account: Account, { query }: ApiRequest): Answer {
  const type = query.get('type');
  if (type && !types.includes(type)) throw invalid('type');
  const [start, end] = [readDay(account, query, 'start-date'), readDay(account, query, 'end-date')];
  const activities = [...account.store.customers.after(0)]
    .flatMap(activitiesOf)
    .filter(({ startedAt }) => (start === undefined || startedAt >= start) && (end === undefined || startedAt <= end))
    .filter(() => !type || type === 'new_biz')
    .sort((one, other) => one.id - other.id);
  const page = cut(query, inOrder(query, activities));
  const entries = page.entries.map((activity) => viewWithCustomer(account, activity));
  return { status: 200, body: { entries, has_more: page.hasMore, per_page: page.perPage, cursor: page.cursor } };
}

/** Recorded 2023-10-27, ruby client: the object differs from the one in the list of all. */
function listOfCustomer(account: Account, { params, query }: ApiRequest): Answer {
  const page = cut(query, activitiesOf(customerOf(account, params.uuid)));
  const entries = page.entries.map((activity) => viewAlone(account, activity));
  const numbers = { has_more: page.hasMore, per_page: page.perPage, page: 1 };
  return { status: 200, body: { entries, ...numbers, cursor: page.cursor } };
}

function cut(query: URLSearchParams, activities: Activity[]) {
  return takePage(
    query,
    (after) => restOf(activities, after),
    ({ startedAt }) => startedAt,
  );
}

/** The activities after one, which may have been deleted since: then those with a higher id. */
function restOf(activities: Activity[], after = 0): Activity[] {
  const position = activities.findIndex(({ id }) => id === after);
  return position < 0 ? activities.filter(({ id }) => id > after) : activities.slice(position + 1);
}

/** `date` and `-date`, as in the official n8n node. The default order is not documented: here it is the id. */
function inOrder(query: URLSearchParams, activities: Activity[]): Activity[] {
  const order = query.get('order');
  if (!order) return activities;
  if (order !== 'date' && order !== '-date') throw invalid('order');
  const sorted = activities.sort((one, other) => one.startedAt - other.startedAt || one.id - other.id);
  return order === 'date' ? sorted : sorted.reverse();
}

function activitiesOf(customer: Customer): Activity[] {
  return customer.sourceCustomers.flatMap((part) =>
    part.subscriptions.map((subscription) => ({ ...subscription, customer, part })),
  );
}

function viewWithCustomer(account: Account, activity: Activity): Record<string, unknown> {
  const { 'currency-sign': _, ...rest } = viewMovement(account, activity);
  return {
    ...rest,
    'subscription-set-external-id': null,
    'plan-external-id': null,
    'customer-name': activity.customer.name,
    'customer-uuid': activity.customer.uuid,
    'customer-external-id': activity.part.externalId,
    'billing-connector-uuid': activity.part.dataSourceUuid,
    uuid: activity.uuid,
  };
}

function viewAlone(account: Account, activity: Activity): Record<string, unknown> {
  return { id: activity.id, ...viewMovement(account, activity) };
}

function viewMovement({ knobs }: Account, activity: Activity): Record<string, unknown> {
  return {
    description: 'purchased the Monthly plan',
    'activity-mrr-movement': activity.mrrInCents,
    'activity-mrr': activity.mrrInCents,
    'activity-arr': activity.mrrInCents * 12,
    date: formatSince(activity.startedAt),
    type: 'new_biz',
    currency: knobs.currency,
    'currency-sign': currencySign(knobs.currency),
    'subscription-external-id': activity.externalId,
  };
}

function readDay({ knobs }: Account, query: URLSearchParams, key: string): number | undefined {
  const text = query.get(key);
  if (!text) return undefined;
  const time = parseDate(text, knobs.zonelessOffsetMinutes);
  if (time === undefined) throw invalid(key, 'is not a valid date');
  return time;
}
