import { Command } from 'commander';
import type { AddCommands } from './command.js';
import { EndWith } from './errors.js';
import { Interruption } from './import/interruption.js';
import type { SweepOptions } from './stripe-sweep.js';

const help = `
Reads the events of the last 30 days that the gateway reads, and beyond 30 days subscriptions and paid invoices, and
reports what billing customers do not know yet. It is safe to repeat and to interrupt. A worker must run.

Settings, from the environment, beside those of the gateway for reading events (STRIPE_METADATA_KEY,
STRIPE_REFERENCE_SECRET, STRIPE_TRUST_UNSIGNED_REFERENCES, ALLOW_EMAIL_LEAD_IDS; they must be the same):
  STRIPE_API_KEY              required: a restricted key that may read events, subscriptions, invoices and customers
  STRIPE_REQUESTS_PER_SECOND  rate limit of this sweep (20); Stripe allows 100 in live mode for all your programs
  STRIPE_API_SOURCE           the alias of the billing source of this key, if it is not the first one
  STRIPE_API_URL              default https://api.stripe.com

With --every, the workers sweep: they need these settings, and this command does not.

Exit codes:
  0    nothing was missing, or all that was missing is reported
  1    some events have an unknown format; or an unexpected error
  2    invalid arguments
  75   Stripe or Temporal cannot be reached, or no worker answers; repeat the sweep
  78   invalid configuration, or Stripe does not accept the key
  130  stopped with Ctrl-C; repeat the sweep
  143  stopped with SIGTERM; repeat the sweep

Examples:
  customer-journey stripe sweep --dry-run
  customer-journey stripe sweep --since 4d
  customer-journey stripe sweep --every 6h
`;

/** `stripe sweep`: reports what the gateway has missed. */
export const addStripeCommands: AddCommands = (program, terminal) => {
  const stripe = new Command('stripe').description('look up in Stripe what the gateway has missed').helpCommand(false);
  const sweep = new Command('sweep')
    .description('report the trials, payments and lead ids in Stripe that are not known yet')
    .option('--since <duration>', 'how far to look back (default: 30d)')
    .option('--dry-run', 'show what is missing, and report nothing')
    .option('--every <duration>', 'let the workers sweep in this interval, for example 6h; "off" ends that')
    .addHelpText('after', help)
    .action(async (options: SweepOptions) => {
      // Loaded on demand: no other command needs Stripe's library.
      const { sweep: run } = await import('./stripe-sweep.js');
      const stop = new Interruption();
      try {
        await run({ command: sweep, terminal, options, signal: stop.signal });
      } catch (error) {
        if (stop.exitCode === undefined) throw error;
        terminal.stderr.write('Stopped. To continue, run the same command again: what is reported is known by then.\n');
        throw new EndWith(stop.exitCode);
      } finally {
        stop.end();
      }
    });
  program.addCommand(stripe.addCommand(sweep));
};
