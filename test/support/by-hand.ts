import { eventually } from './eventually.js';
import type { Stage } from './journeys.js';

/** Where a person changes ChartMogul, outside of journeys. */
export type Account = Pick<Stage, 'sandbox'> & { readonly config: Pick<Stage['config'], 'chartMogul'> };

export const recordOf = (stage: Account, externalId: string) =>
  stage.sandbox.customers().find(({ external_ids }) => (external_ids as string[]).includes(externalId));

export const uuidOf = (stage: Account, externalId: string) => String(recordOf(stage, externalId)?.uuid);

/** Unmerges the lead from its record. Both records keep the dates. */
export async function unmergeByHand(stage: Account, leadId: string): Promise<void> {
  await call(stage, 'POST', '/v1/customers/unmerges', {
    customer_uuid: uuidOf(stage, leadId),
    data_source_uuid: stage.sandbox.leadsSourceUuid,
    external_id: leadId,
  });
}

/** Asks for the merge of two records, and waits until it is done. */
export async function mergeByHand(stage: Account, from: string, into: string): Promise<void> {
  const [fromUuid, intoUuid] = [uuidOf(stage, from), uuidOf(stage, into)];
  await call(stage, 'POST', '/v1/customers/merges', {
    from: { customer_uuid: fromUuid },
    into: { customer_uuid: intoUuid },
  });
  await eventually(async () => {
    await call(stage, 'GET', `/v1/customers/${intoUuid}`); // a merge takes effect at a read
    return (recordOf(stage, into)?.external_ids as string[] | undefined)?.includes(from);
  });
}

export async function deleteByHand(stage: Account, externalId: string): Promise<void> {
  await call(stage, 'DELETE', `/v1/customers/${uuidOf(stage, externalId)}`);
}

export async function setDatesByHand(stage: Account, externalId: string, dates: object): Promise<void> {
  await call(stage, 'PATCH', `/v1/customers/${uuidOf(stage, externalId)}`, dates);
}

/** Any request, with the account's key. */
export async function call(stage: Account, method: string, path: string, body?: object): Promise<void> {
  const { apiKey, url } = stage.config.chartMogul;
  const authorization = `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const answer = await fetch(`${url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
}
