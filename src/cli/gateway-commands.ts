import { Command } from 'commander';
import { accountName } from '../runtime/config.js';
import { type AddCommands, print } from './command.js';
import { UsageError } from './errors.js';

interface KeyOptions {
  readonly name: string;
  readonly account: string;
  readonly scopes: string;
}

const gatewayHelp = `
Requires GATEWAY_KEYS (see \`customer-journey key\`) and, for Stripe, STRIPE_WEBHOOK_SECRETS. docs/gateway.md lists all
settings.

Examples:
  customer-journey gateway --insecure-local
  curl -d '{"type":"lead.created","lead_id":"lead_1","occurred_at":"2016-01-05T00:00:00Z"}' \\
    -H 'Content-Type: application/json' http://127.0.0.1:8080/v1/events
`;

/** `gateway` receives facts over HTTP. `key` creates the keys of its callers. */
export const addGatewayCommands: AddCommands = (program, terminal) => {
  const gateway = new Command('gateway')
    .description('receive facts over HTTP, from applications and Stripe, until SIGTERM')
    .option('--insecure-local', 'require no keys, and listen on this machine only (127.0.0.1)', false)
    .addHelpText('after', gatewayHelp)
    .action(async ({ insecureLocal: isLocal }: { readonly insecureLocal: boolean }) => {
      // Loaded on demand: no other command needs a server.
      const { runGateway } = await import('../gateway/main.js');
      await runGateway(terminal.env, { isLocal });
    });

  const key = new Command('key')
    .description('create a gateway key and show it once; only its hash is stored')
    .option('--name <name>', 'the name shown in logs: letters, digits, _ . -', 'application')
    .option(
      '--account <name>',
      'the ChartMogul account that the key is bound to',
      terminal.env.JOURNEY_ACCOUNT || 'default',
    )
    .option('--scopes <list>', 'the permissions: ingest, read, operate', 'ingest,read')
    .addHelpText('after', '\nExample:\n  customer-journey key --name crm --scopes ingest,read\n')
    .action(async (options: KeyOptions) => {
      const { makeKey, scopes } = await import('../gateway/access.js');
      const { key: made, entry } = makeKey(callerOf(options, scopes));
      const lines = [
        `The key, shown only once:\n\n  ${made}\n`,
        `Add this entry to GATEWAY_KEYS of the gateway:\n\n  ${entry}\n`,
      ];
      print(key, terminal, { key: made, entry }, lines);
    });

  program.addCommand(gateway);
  program.addCommand(key);
};

/** @throws UsageError with every problem */
function callerOf<Scope extends string>({ name, account, scopes: list }: KeyOptions, scopes: readonly Scope[]) {
  const problems: string[] = [];
  if (!/^[\w.-]{1,40}$/.test(name)) problems.push('--name must be 1 to 40 letters, digits, _ . or -.');
  if (!accountName.safeParse(account).success)
    problems.push('--account must be 1 to 40 characters: a-z, 0-9 or hyphens.');
  const wanted = list.split(/[\s,+]+/).filter((part) => part !== '');
  const unknown = wanted.filter((part) => !scopes.some((scope) => scope === part));
  if (wanted.length === 0 || unknown.length > 0)
    problems.push(`--scopes must list one or more of ${scopes.join(', ')}.`);
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return { name, account, scopes: scopes.filter((scope) => wanted.includes(scope)) };
}
