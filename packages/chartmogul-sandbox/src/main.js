#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander';
import { apiKey, readOnlyApiKey, startSandbox } from './index.js';
import { describeKnobs } from './knobs.js';
/** The command line: `npm run sandbox -- --port 4010 [--data FILE] [knobs]`. */
const program = new Command('sandbox')
    .description('A ChartMogul that runs here: the API below /v1, a control API below /_sandbox.')
    .addOption(new Option('--port <number>', 'on 127.0.0.1').default(4010).argParser(readNumber))
    .addOption(new Option('--data <file>', 'keep everything in this file, across restarts'))
    .addOption(new Option('--quiet', 'do not print requests as they come'));
for (const { name, description, fallback } of describeKnobs()) {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} <value>`;
    program.addOption(new Option(flag, `${description} (default: ${JSON.stringify(fallback)})`).argParser(readValue(fallback)));
}
program.action(async (options) => {
    const { port, quiet, ...rest } = options;
    const log = quiet ? {} : { onRequest: printRequest };
    try {
        const sandbox = await startSandbox({ ...rest, ...log, port: Number(port) });
        // Before it is told that it is up: whoever waits for that line may stop it at once.
        for (const signal of ['SIGINT', 'SIGTERM'])
            process.once(signal, () => void sandbox.close());
        console.log(usage(sandbox));
    }
    catch (error) {
        program.error(explain(error));
    }
});
await program.parseAsync();
function readNumber(text) {
    if (!/^\d+$/.test(text))
        throw new InvalidArgumentError('It must be a whole number.');
    return Number(text);
}
/** Reads a knob's value as what its default is; the knobs' schema says whether it will do. */
function readValue(fallback) {
    if (typeof fallback === 'number')
        return (text) => Number(text);
    if (typeof fallback === 'boolean')
        return (text) => ({ true: true, false: false })[text] ?? text;
    if (Array.isArray(fallback))
        return (text) => text.split(',');
    return (text) => text;
}
function printRequest({ method, path, query, status, }) {
    console.log(`${status || '---'} ${method} ${path}${query && `?${query}`}`);
}
function explain(error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
        return 'This port is taken: choose another with --port.';
    return error instanceof Error ? error.message : String(error);
}
function usage({ url, leadsSourceUuid, billingSourceUuid }) {
    return `ChartMogul sandbox at ${url} (open it in a browser to see the records). Stop it with Ctrl-C.

  API key            ${apiKey}   (may only read: ${readOnlyApiKey})
  source "Leads"     ${leadsSourceUuid}
  source "Stripe"    ${billingSourceUuid}

A lead, a payment, and what became of them:

  curl -u ${apiKey}: ${url}/v1/customers -H 'content-type: application/json' \\
    -d '{"data_source_uuid":"${leadsSourceUuid}","external_id":"lead_1","name":"Adam","lead_created_at":"2016-01-05"}'
  curl ${url}/_sandbox/stripe/customers -d '{"external_id":"cus_1","paid_at":"2016-02-25"}'
  curl -u ${apiKey}: ${url}/v1/customers/merges -H 'content-type: application/json' \\
    -d '{"from":{"data_source_uuid":"${leadsSourceUuid}","external_id":"lead_1"},
         "into":{"data_source_uuid":"${billingSourceUuid}","external_id":"cus_1"}}'
  curl ${url}/_sandbox/customers

Begin anew with other knobs: curl -X POST ${url}/_sandbox/reset -d '{"mergeDelayMs":0}'
Let the next call fail:      curl ${url}/_sandbox/faults -d '{"route":"POST /v1/customers","status":503}'
All of it: docs/sandbox.md, and --help.
`;
}
//# sourceMappingURL=main.js.map