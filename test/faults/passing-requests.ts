import type { Sandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import type { RequestName } from '../../src/domain/journey/attention.js';
import type { Passing } from '../../tools/drill/wire.js';

/** The billing customer of a lead. The id contains the lead id, so that a lookup identifies the journey. */
export const payerOf = (leadId: string): string => `cus_${leadId}`;

/** The step and the lead of a request. The sandbox maps a UUID to its lead. */
export function journeyOf(passing: Passing, sandbox: Sandbox): { readonly step: RequestName; readonly leadId: string } {
  const { method, path, body } = passing;
  const { pathname, searchParams } = new URL(path, 'http://chartmogul');
  if (pathname === '/v1/customers/merges') return { step: 'requestMerge', leadId: leadWith(uuidIn(body), sandbox) };
  if (pathname !== '/v1/customers') {
    const step = method === 'PATCH' ? 'writeDates' : 'confirmMerge';
    return { step, leadId: leadWith(pathname.split('/').at(-1) ?? '', sandbox) };
  }
  if (method === 'POST') return { step: 'createLead', leadId: String(JSON.parse(body).external_id) };
  const externalId = searchParams.get('external_id') ?? '';
  return searchParams.get('data_source_uuid') === sandbox.leadsSourceUuid
    ? { step: 'findLead', leadId: externalId }
    : { step: 'findPayingCustomer', leadId: externalId.replace(/^cus_/, '') };
}

/** The source of a merge request: the lead's record. */
function uuidIn(body: string): string {
  return String(JSON.parse(body).from.customer_uuid);
}

function leadWith(uuid: string, sandbox: Sandbox): string {
  const record = sandbox
    .customers()
    .find((customer) => customer.uuid === uuid || (customer.merged_uuids as string[]).includes(uuid)); // ChartMogul's own shape
  const ids = (record?.external_ids ?? []) as string[];
  return (ids[0] ?? '').replace(/^cus_/, '');
}
