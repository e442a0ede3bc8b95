import type { Account } from './account.js';
import { statusOf } from './customer-view.js';
import { formatDate } from './dates.js';
import type { Customer } from './records.js';
import type { LoggedRequest } from './request-log.js';

const shownCustomers = 500;
const shownRequests = 100;

/** An HTML page with the records, the merges and the latest requests. Works without scripts. */
export function renderPage(account: Account): string {
  const { leadsSourceUuid, billingSourceUuid } = account.sourceUuids();
  const customers = [...account.store.customers.after(0)];
  const requests = account.log.all();
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>ChartMogul sandbox</title>
<style>${style}</style>
</head>
<body>
<h1>ChartMogul sandbox</h1>
<p>API key <code>sandbox-key</code>, source “Leads” <code>${escapeHtml(leadsSourceUuid)}</code>, source “Stripe”
<code>${escapeHtml(billingSourceUuid)}</code>. Reload to see changes.</p>
<h2>Customers (${customers.length})</h2>
${table(customerColumns, customers.slice(-shownCustomers).reverse().map(customerRow(account)), 'No customers yet.')}
<h2>Merged</h2>
${table(['Record', 'merged into'], mergedRows(account), 'No merges yet.')}
<h2>Pending</h2>
${table(['What', 'When'], pendingRows(account), 'No pending jobs.')}
<h2>Latest requests (${requests.length} since the reset)</h2>
${table(['At', 'Method', 'Path', 'Status'], requests.slice(-shownRequests).reverse().map(requestRow), 'No requests.')}
</body>
</html>
`;
}

const style = `
body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #ddd; padding: .3rem .6rem .3rem 0; text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; }
code { font-size: .9em; }
@media (prefers-color-scheme: dark) { body { background: #16181d; color: #e6e6e6; } th, td { border-color: #3a3d45; } }`;

const customerColumns = ['Uuid', 'Name', 'Status', 'Source customers', 'Lead', 'Trial'];

function customerRow({ store }: Account): (customer: Customer) => string[] {
  return (customer) => [
    customer.uuid,
    customer.name || customer.email,
    statusOf(customer),
    customer.sourceCustomers
      .map((part) => `${store.sources.get(part.dataSourceUuid)?.name ?? 'deleted source'}: ${part.externalId}`)
      .join(', '),
    formatDate(customer.leadCreatedAt) ?? '–',
    formatDate(customer.freeTrialStartedAt) ?? '–',
  ];
}

function mergedRows({ store }: Account): string[][] {
  return [...store.absorbed.entries()].slice(-shownCustomers).map(([from]) => {
    const survivor = store.survivorOf(from);
    return [from, survivor ? `${survivor.uuid} (${survivor.name || survivor.externalId})` : 'a deleted record'];
  });
}

function pendingRows({ pending }: Account): string[][] {
  return pending
    .all()
    .slice(0, shownRequests)
    .map(({ work, trigger }) => {
      const what =
        work.kind === 'ingest'
          ? `importing ${work.customer.externalId}`
          : work.kind === 'merge'
            ? `merging ${work.fromUuid} into ${work.intoUuid}`
            : `unmerging ${work.externalId} from ${work.customerUuid}`;
      const when =
        trigger.when === 'due'
          ? new Date(trigger.at).toISOString()
          : `after ${trigger.remaining} more ${trigger.when === 'read' ? 'reads' : 'lookups'}`;
      return [what, when];
    });
}

function requestRow({ at, method, path, query, status }: LoggedRequest): string[] {
  return [at, method, query === '' ? path : `${path}?${query}`, status === 0 ? 'no answer' : String(status)];
}

function table(columns: string[], rows: string[][], ifEmpty: string): string {
  if (rows.length === 0) return `<p>${ifEmpty}</p>`;
  const head = columns.map((column) => `<th scope="col">${escapeHtml(column)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`).join('\n');
  return `<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
