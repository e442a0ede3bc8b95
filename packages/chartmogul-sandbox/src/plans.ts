import type { Account } from './account.js';
import { type Answer, invalid, plainError, unprocessable } from './answers.js';
import { unknownSource } from './finding.js';
import { takePage } from './paging.js';
import type { Plan } from './records.js';
import { type ApiRequest, objectBody, optionalText, type Route, requiredText } from './routes.js';
import { timeUuid } from './uuids.js';

/** Plans, as far as the invoice import needs them: a line item references a plan by its uuid. */
export const planRoutes: readonly Route[] = [
  { method: 'GET', path: '/v1/plans', handle: list },
  { method: 'POST', path: '/v1/plans', handle: create },
  { method: 'GET', path: '/v1/plans/:uuid', handle: retrieve },
];

function create(account: Account, request: ApiRequest): Answer {
  const { store } = account;
  const body = objectBody(request);
  const dataSourceUuid = requiredText(body, 'data_source_uuid');
  const name = requiredText(body, 'name');
  const intervalUnit = requiredText(body, 'interval_unit');
  const intervalCount = body.interval_count;
  if (!['day', 'month', 'year'].includes(intervalUnit)) throw invalid('interval_unit');
  if (typeof intervalCount !== 'number' || !Number.isInteger(intervalCount) || intervalCount < 1) {
    throw invalid('interval_count');
  }
  if (!store.sources.get(dataSourceUuid)) throw unknownSource(account);
  const uuid = timeUuid('pl');
  const externalId = optionalText(body, 'external_id') || uuid.slice('pl_'.length); // recorded 2023-10-30, ruby client
  for (const plan of store.plans.values()) {
    if (plan.dataSourceUuid === dataSourceUuid && plan.externalId === externalId) {
      throw unprocessable({ external_id: 'A plan with this identifier already exists in our system.' });
    }
  }
  const plan = { id: store.nextId(), createdAt: Date.now(), uuid, externalId, name, intervalCount, intervalUnit };
  store.plans.put(uuid, { ...plan, dataSourceUuid });
  return { status: 201, body: view({ ...plan, dataSourceUuid }) };
}

function retrieve({ store }: Account, { params }: ApiRequest): Answer {
  const plan = store.plans.get(params.uuid ?? '');
  if (!plan) throw plainError(404, 'Plan not found');
  return { status: 200, body: view(plan) };
}

function list({ store }: Account, { query }: ApiRequest): Answer {
  const all = [...store.plans.values()];
  const page = takePage(
    query,
    (after = 0) => all.filter(({ id }) => id > after),
    ({ createdAt }) => createdAt,
  );
  return { status: 200, body: { plans: page.entries.map(view), cursor: page.cursor, has_more: page.hasMore } };
}

function view(plan: Plan): Record<string, unknown> {
  return {
    external_id: plan.externalId,
    name: plan.name,
    interval_count: plan.intervalCount,
    interval_unit: plan.intervalUnit,
    data_source_uuid: plan.dataSourceUuid,
    uuid: plan.uuid,
  };
}
