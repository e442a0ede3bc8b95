#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander';
import { apiKey, readOnlyApiKey, type Sandbox, startSandbox } from './index.js';
import { describeKnobs } from './knobs.js';

/** The command line: `npm run sandbox -- --port 4010 [--data FILE] [knobs]`. */
const program = new Command('sandbox')
  .description('Runs a local ChartMogul: the API under /v1, a control API under /_sandbox.')
  .addOption(new Option('--port <number>', 'port to listen on').default(4010).argParser(readNumber))
  .addOption(new Option('--host <address>', 'address to listen on; in a container, 0.0.0.0').default('127.0.0.1'))
  .addOption(new Option('--data <file>', 'file that keeps all data across restarts'))
  .addOption(new Option('--quiet', 'do not print requests'));

for (const { name, description, fallback } of describeKnobs()) {
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} <value>`;
  program.addOption(
    new Option(flag, `${description} (default: ${JSON.stringify(fallback)})`).argParser(readValue(fallback)),
  );
}

program.action(async (options: Record<string, unknown>) => {
  const { port, quiet, ...rest } = options;
  const log = quiet ? {} : { onRequest: printRequest };
  try {
    const sandbox = await startSandbox({ ...rest, ...log, port: Number(port) });
    // Before the usage is printed: a caller that waits for that output may stop the sandbox immediately.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sandbox.close());
    console.log(usage(sandbox));
  } catch (error) {
    program.error(explain(error));
  }
});

await program.parseAsync();

function readNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Must be a whole number.');
  return Number(text);
}

/** Parses a knob's value to the type of its default; the knobs' schema validates it. */
function readValue(fallback: unknown): (text: string) => unknown {
  if (typeof fallback === 'number') return (text) => Number(text);
  if (typeof fallback === 'boolean') return (text) => ({ true: true, false: false })[text] ?? text;
  if (Array.isArray(fallback)) return (text) => text.split(',');
  return (text) => text;
}

function printRequest({
  method,
  path,
  query,
  status,
}: {
  method: string;
  path: string;
  query: string;
  status: number;
}) {
  console.log(`${status || '---'} ${method} ${path}${query && `?${query}`}`);
}

function explain(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
    return 'The port is in use. Choose another with --port.';
  return error instanceof Error ? error.message : String(error);
}

function usage({ url, leadsSourceUuid, billingSourceUuid }: Sandbox): string {
  return `ChartMogul sandbox at ${url} (open it in a browser to see the records). Stop it with Ctrl-C.

  API key            ${apiKey}   (read-only: ${readOnlyApiKey})
  source "Leads"     ${leadsSourceUuid}
  source "Stripe"    ${billingSourceUuid}

Create a lead and a payment, merge them, and list the records:

  curl -u ${apiKey}: ${url}/v1/customers -H 'content-type: application/json' \\
    -d '{"data_source_uuid":"${leadsSourceUuid}","external_id":"lead_1","name":"Adam","lead_created_at":"2016-01-05"}'
  curl ${url}/_sandbox/stripe/customers -d '{"external_id":"cus_1","paid_at":"2016-02-25"}'
  curl -u ${apiKey}: ${url}/v1/customers/merges -H 'content-type: application/json' \\
    -d '{"from":{"data_source_uuid":"${leadsSourceUuid}","external_id":"lead_1"},
         "into":{"data_source_uuid":"${billingSourceUuid}","external_id":"cus_1"}}'
  curl ${url}/_sandbox/customers

Reset with other knobs:  curl -X POST ${url}/_sandbox/reset -d '{"mergeDelayMs":0}'
Make the next call fail: curl ${url}/_sandbox/faults -d '{"route":"POST /v1/customers","status":503}'
See docs/sandbox.md and --help for more.
`;
}
