import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { qualifiedId, type SourceAlias } from '../domain/billing/source.js';
import { checkId, type Problem } from '../domain/journey/reports.js';
import { isSameSecret } from './access.js';
import { answers, ofBodies, ofTemporal } from './openapi.js';
import type { Parts } from './parts.js';
import { ProblemError } from './problems.js';
import { receivedSchema } from './schemas.js';

/** Limit for the ids of one customer; a merged customer has several. */
const mostIds = 20;

/** The used fields, as ChartMogul documents them: https://help.chartmogul.com/hc/en-us/articles/360017053460 */
const movementSchema = z
  .looseObject({
    type: z.string().exactOptional(),
    movement_type: z.string().exactOptional(),
    customer: z
      .looseObject({
        external_id: z.string().nullish(),
        external_ids: z.array(z.string()).nullish(),
      })
      .exactOptional(),
  })
  .meta({ id: 'ChartMogulMovement' });

/**
 * `POST /webhooks/chartmogul/{secret}`: ChartMogul has a new paying customer, so a journey that waits for it looks it
 * up at once. The delivery is unsigned, so it starts nothing, changes no fact and builds no query: it can only trigger
 * an earlier lookup.
 */
export function addChartMogulWebhook(app: FastifyInstance, parts: Parts): void {
  app.withTypeProvider<ZodTypeProvider>().post(
    '/webhooks/chartmogul/:secret',
    {
      schema: {
        operationId: 'receiveChartMogul',
        summary: "ChartMogul's webhook: an `mrr_movement` triggers an early lookup of a paying customer",
        params: z.object({ secret: z.string().min(1).max(200) }),
        body: movementSchema,
        response: answers({ 200: receivedSchema }, ...ofBodies, ...ofTemporal, 'not-found', 'address-too-long'),
      },
      // Checked before the body is read, so that unauthorized requests cost little.
      onRequest: async ({ params }) => {
        accountOf(parts, (params as { secret?: string }).secret ?? ''); // the route has this parameter
      },
    },
    async (request) => {
      const account = accountOf(parts, request.params.secret);
      const { type, movement_type: movement, customer } = request.body;
      const isNewBusiness = type === 'mrr_movement' && movement === 'new_biz';
      const given = isNewBusiness ? usableIds([customer?.external_id, ...(customer?.external_ids ?? [])]) : [];
      // The message does not name the source of an id, so it is a hint for each source.
      const ids = sourcesOf(parts, account).flatMap((source) => given.map((id) => qualifiedId(source, id)));
      const known = await Promise.all(
        ids.map((id) => parts.limitConcurrency(() => parts.billingCustomers(account).hint(id))),
      );
      const result = !isNewBusiness ? 'ignored' : known.includes(true) ? 'hinted' : 'unknown_customer';
      parts.metrics.received({ source: 'chartmogul', type: isNewBusiness ? 'new_biz' : 'other', result });
      request.logFields.result = result;
      return { received: true as const, result };
    },
  );
}

/** The billing sources of an account that the gateway knows of; undefined is the first. */
function sourcesOf({ config: { stripe } }: Parts, account: string): (SourceAlias | undefined)[] {
  const further = [...stripe.secrets, ...stripe.connectedAccounts].filter((known) => known.account === account);
  return [...new Set([undefined, ...further.map(({ source }) => source)])];
}

/** @throws ProblemError `not-found`, as for an unknown address, so that a wrong secret discloses nothing */
function accountOf({ config, metrics }: Parts, presented: string): string {
  // Compares with every secret, so that the response time discloses nothing.
  const [known] = config.chartMogulWebhooks.filter(({ secret }) => isSameSecret(presented, secret));
  if (known) return known.account;
  metrics.refusals.inc({ source: 'chartmogul', reason: 'wrong-secret' });
  throw new ProblemError('not-found', 'See /openapi.json for the valid addresses.');
}

function usableIds(ids: readonly (string | null | undefined)[]): string[] {
  const problems: Problem[] = [];
  return [...new Set(ids)].filter((id) => checkId(id, '', problems)).slice(0, mostIds) as string[]; // just checked
}
