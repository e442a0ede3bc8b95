import { countAttention } from '../journeys/counts.js';
import { BillingCustomers, type JourneySummary, type Journeys } from '../journeys/index.js';
import type { AccountFacts } from './chartmogul.js';
import type { Examination } from './examination.js';
import { count, type Finding, failure, type Observation, ok, skipped, warning } from './findings.js';
import { idsOf, type Payer, type Sample, takeSample, twice, withTrialItem } from './sample.js';

/** The checks of the data send up to 50 requests, ten a second. */
const withinMs = 20_000;

/** Looks at the journeys in Temporal, without ChartMogul. */
export async function examineJourneys(examination: Examination, journeys: Journeys): Promise<Finding[]> {
  const findings = await Promise.all([
    examination.check('data.journeys', () => anyJourneys(journeys)),
    examination.check('data.attention', () => attention(journeys)),
    examination.check('data.unmatched', () => unmatched(journeys)),
  ]);
  return findings.flat();
}

async function anyJourneys(journeys: Journeys): Promise<Observation> {
  const [running, all] = await Promise.all([journeys.count(), journeys.count({ includeClosed: true })]);
  if (all > 0) return ok(`${count(running, 'journey')} running, ${all - running} ended and remembered`);
  return warning(
    `no lead was ever reported to the account ${journeys.account}`,
    'report leads from your application (docs/gateway.md), or: customer-journey import FILE',
  );
}

async function attention(journeys: Journeys): Promise<Observation[]> {
  const counts = await countAttention(journeys);
  if (counts.size === 0) return [ok('no journey needs attention')];
  return [...counts].map(([code, many]) => {
    const text = `${count(many, 'journey')} ${many === 1 ? 'needs' : 'need'} attention: ${code}`;
    const list = `customer-journey list --attention ${code}`;
    // Nothing is written for any journey until somebody acts.
    return code === 'unauthorized'
      ? failure(
          text,
          'customer-journey retry --attention unauthorized, once the workers have a valid key that may write',
        )
      : warning(text, list);
  });
}

async function unmatched({ client, account }: Journeys): Promise<Observation> {
  const customers = new BillingCustomers({ client, account });
  const [paid, trials] = await Promise.all([
    customers.count({ attention: 'payment-unmatched' }),
    customers.count({ attention: 'trial-unmatched' }),
  ]);
  if (paid + trials === 0) return ok('no billing customer is without a lead');
  return warning(
    `${count(paid + trials, 'billing customer')} with a payment or a trial and without a lead`,
    'customer-journey customers --unmatched; store the lead id in the billing system (docs/billing.md)',
  );
}

export interface RecordsSubject {
  readonly facts: AccountFacts;
  /** Undefined: Temporal does not answer. */
  readonly journeys: Journeys | undefined;
}

/** Looks at a sample of ChartMogul's records. */
export async function examineRecords(examination: Examination, subject: RecordsSubject): Promise<Finding[]> {
  const { facts, journeys } = subject;
  let sample: Sample | undefined;
  const payers = await examination.check(
    'data.payers',
    async (signal) => {
      sample = await takeSample(facts, signal);
      return merged(sample, subject, signal);
    },
    withinMs,
  );
  if (sample === undefined) return payers;
  const taken = sample;
  const findings = await Promise.all([
    examination.check('data.trials', (signal) => trials(taken.payers, facts, signal), withinMs),
    examination.check('data.leads', (signal) => leadsThere(subject, signal)),
    examination.check('data.automatic-merges', () => automaticMerges(taken, facts, journeys)),
    examination.check('data.need', () => need(taken, facts, journeys)),
  ]);
  return [...payers, ...findings.flat()];
}

/** How many recent payers carry a lead id, and how many exist twice. */
async function merged(
  { payers }: Sample,
  { facts, journeys }: RecordsSubject,
  signal: AbortSignal,
): Promise<Observation[]> {
  const { leads, billing, reader } = facts;
  if (payers.length === 0) return [ok('ChartMogul has no subscribers of the billing sources yet')];
  if (leads === undefined) return [skipped('merges', 'there is no leads source yet')];
  if (billing.some(([, { uuid }]) => uuid === leads.uuid))
    return [skipped('merges', 'leads and customers share a source')];
  const alone = payers.filter(({ hasLead }) => !hasLead);
  const underWay = new Set<Payer>();
  const leadIdsOf = async (payer: Payer) => {
    const known = journeys ? await journeysOf(payer, journeys) : [];
    if (known.some(({ status, attention }) => status === 'RUNNING' && attention === undefined)) underWay.add(payer);
    return known.map(({ leadId }) => leadId);
  };
  const double = await twice(alone, { reader, leadsSource: leads.uuid }, leadIdsOf, signal);
  const stuck = double.filter((payer) => !underWay.has(payer)).length;
  const carrying = `recent subscribers with a lead id: ${payers.length - alone.length} of ${payers.length}`;
  const merging = double.length > stuck ? `; ${double.length - stuck} are being merged now` : '';
  const first =
    alone.length === payers.length && payers.length >= 3 && double.length === 0
      ? warning(
          carrying,
          'report payments with the id of the billing customer, or store the lead id in the billing system (docs/billing.md)',
        )
      : ok(`${carrying}${merging}`);
  return stuck === 0
    ? [first]
    : [
        first,
        failure(
          `recent subscribers that exist twice: ${stuck} of ${payers.length}; the lead is a record of its own`,
          'customer-journey list --attention shows why; if it shows nothing, report the payment of these leads again',
        ),
      ];
}

async function journeysOf({ billingCustomerId }: Payer, journeys: Journeys): Promise<JourneySummary[]> {
  const known: JourneySummary[] = [];
  for await (const journey of journeys.list({ billingCustomerId, includeClosed: true })) known.push(journey);
  return known;
}

async function trials(payers: readonly Payer[], { reader }: AccountFacts, signal: AbortSignal): Promise<Observation> {
  if (payers.length === 0) return skipped('trial line items', 'there are no subscribers yet');
  const many = await withTrialItem(payers, reader, signal);
  if (many === undefined) return skipped('trial line items', 'ChartMogul shows no invoices of the newest subscribers');
  const found = `recent subscribers with a trial line item: ${many} of ${payers.length}`;
  if (many === 0) return ok(found);
  return warning(
    `${found}; ChartMogul ignores their trial dates`,
    'if the billing system tells ChartMogul of every trial, report no trials; see the limits in the README',
  );
}

/** How many leads of journeys are looked up in ChartMogul. */
const mostLeads = 5;
/** A running journey has made its record after this time. */
const madeWithinMs = 600_000;

/** Whether ChartMogul has the leads that journeys made: another account has none of them. */
async function leadsThere(
  { facts: { leads, reader }, journeys }: RecordsSubject,
  signal: AbortSignal,
): Promise<Observation> {
  if (journeys === undefined) return skipped('the leads of journeys', 'Temporal cannot be searched');
  const ids = await leadsMade(journeys);
  if (ids.length === 0) return ok('no journey is old enough that ChartMogul must have its lead');
  const records = await Promise.all(ids.map(async (id) => (leads ? reader.findCustomers(leads.uuid, id, signal) : [])));
  const there = records.filter((found) => found.length > 0).length;
  const text = `leads of journeys that ChartMogul has: ${there} of ${ids.length}`;
  if (there === ids.length) return ok(text);
  if (there > 0) return warning(text, 'customer-journey audit lists the missing ones');
  const all = `${text}; the workers write to another account or leads source, or do not write`;
  const fix = 'give the workers and this environment the same CHARTMOGUL_API_KEY, CHARTMOGUL_URL and LEADS_SOURCE';
  return ids.length < 3 ? warning(all, fix) : failure(all, fix);
}

/** The ids of a few leads whose records journeys have made. */
async function leadsMade(journeys: Journeys): Promise<string[]> {
  const startedUntil = new Date(Date.now() - madeWithinMs).toISOString();
  const ids = new Set<string>();
  for (const filter of [{ stage: 'proven', includeClosed: true }, { startedUntil }] as const) {
    for await (const { leadId, attention } of journeys.list(filter)) {
      if (ids.size >= mostLeads) break;
      if (attention === undefined) ids.add(leadId);
    }
  }
  return [...ids];
}

/** How many leads are looked up in Temporal in one query. */
const mostLookedUp = 50;

/** Signs that ChartMogul merges records by itself. */
async function automaticMerges(
  { leads, hasMoreLeads }: Sample,
  { leads: source, billing }: AccountFacts,
  journeys: Journeys | undefined,
): Promise<Observation[]> {
  if (source === undefined || leads.length === 0) return [skipped('automatic merges', 'there are no leads yet')];
  if (billing.some(([, { uuid }]) => uuid === source.uuid))
    return [skipped('automatic merges', 'leads and customers share a source')];
  const isPaying = (record: Sample['leads'][number]) => billing.some(([, { uuid }]) => idsOf(record, uuid).length > 0);
  const together = leads.filter((record) => !isPaying(record) && idsOf(record, source.uuid).length > 1).length;
  const withPayer = leads.filter(isPaying).flatMap((record) => idsOf(record, source.uuid));
  const unasked = journeys ? await unaskedMerges(withPayer.slice(0, mostLookedUp), journeys) : 0;
  const withDomain = leads.filter(({ website_url: url }) => url).length;
  const of = (many: number) => `${many} of the first ${leads.length}${hasMoreLeads ? ' (there are more)' : ''}`;
  const signs: readonly [many: number, text: string][] = [
    [together, `leads that share a record without a subscriber: ${of(together)}; no journey merges those`],
    [unasked, `leads merged with a subscriber before their journey knew of a payment: ${of(unasked)}`],
    [withDomain, `leads with a company domain: ${of(withDomain)}; ChartMogul's automations merge records by it`],
  ];
  const fix = 'turn off the automation in ChartMogul that merges duplicates, or let it match external ids only';
  const found = signs.filter(([many]) => many > 0).map(([, text]) => warning(text, fix));
  return found.length > 0 ? found : [ok('no sign of automatic merges')];
}

/** The leads whose record is merged, although their running journey knows of no customer to merge with. */
async function unaskedMerges(leadIds: readonly string[], journeys: Journeys): Promise<number> {
  if (leadIds.length === 0) return 0;
  let unasked = 0;
  for await (const { billingCustomerId, paidAt } of journeys.list({ leadIds })) {
    if (billingCustomerId === undefined && paidAt === undefined) unasked += 1;
  }
  return unasked;
}

const readme = 'see "You do not need this" in the README';

/** Whether the company needs this product at all. */
async function need(
  { leads, payers }: Sample,
  { billing }: AccountFacts,
  journeys: Journeys | undefined,
): Promise<Observation> {
  const names = billing.map(([, { name }]) => name).join(', ') || 'the billing source';
  const imported = payers.filter(({ record, hasLead }) => !hasLead && record.free_trial_started_at).length;
  const hasJourneys = journeys !== undefined && (await journeys.count({ includeClosed: true })) > 0;
  if (leads.length === 0 && !hasJourneys && imported > 0) {
    return warning(
      `there are no leads, and ${names} imported the trial date of ${imported} of ${payers.length} recent subscribers: if no lead exists before its trial, this product adds nothing`,
      readme,
    );
  }
  const isEveryDomainKnown = leads.length >= 5 && leads.every(({ website_url: url }) => url);
  if (isEveryDomainKnown) {
    return warning(
      "every lead has a company domain: if ChartMogul's own automation merges them with their subscribers, only the dates are left to do",
      readme,
    );
  }
  return ok(
    leads.length === 0 && !hasJourneys
      ? `nothing shows that ${names} imports your leads by itself`
      : `leads come from your own database, and not from ${names}`,
  );
}
