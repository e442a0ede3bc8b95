import type { Stage } from './journeys.js';

/** Changes that a person makes in ChartMogul, outside of journeys. */

export const recordOf = (stage: Stage, externalId: string) =>
  stage.sandbox.customers().find(({ external_ids }) => (external_ids as string[]).includes(externalId));

export const uuidOf = (stage: Stage, externalId: string) => String(recordOf(stage, externalId)?.uuid);

/** Unmerges the lead from its record. Both records keep the dates. */
export async function unmergeByHand(stage: Stage, leadId: string): Promise<void> {
  await call(stage, 'POST', '/v1/customers/unmerges', {
    customer_uuid: uuidOf(stage, leadId),
    data_source_uuid: stage.sandbox.leadsSourceUuid,
    external_id: leadId,
  });
}

export async function setDatesByHand(stage: Stage, externalId: string, dates: object): Promise<void> {
  await call(stage, 'PATCH', `/v1/customers/${uuidOf(stage, externalId)}`, dates);
}

/** Any request, with the account's key. */
export async function call(stage: Stage, method: string, path: string, body?: object): Promise<void> {
  const { apiKey, url } = stage.config.chartMogul;
  const authorization = `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const answer = await fetch(`${url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
}
