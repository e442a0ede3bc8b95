import { Command, InvalidArgumentError } from 'commander';
import { connectClient } from '../../../src/temporal/connect.js';
import { searchAttributeKeys } from '../../../src/workflows/search-attributes.js';
import { progressPrinter } from '../../temporal-server/progress.js';
import { startServer } from '../../temporal-server/server.js';
import { loadNow, machineNow } from '../harness/machine.js';
import { type PartResult, reportText, writeReport } from '../harness/report.js';
import { startGatewayProcess } from './gateway-process.js';
import { runSoakPhase } from './soak-phase.js';

/** Twice the rate that ChartMogul's limit allows. */
const eventsPerSecond = 40;
const burstEvents = 5_000;
/** In a shorter phase, compilation and growing pools look like a leak. */
const leakCheckMinutes = 5;
const account = 'soak';

const { minutes, json = false } = new Command('npm run soak:gateway --')
  .description(
    `Sends ${eventsPerSecond} events per second, then ${burstEvents} as fast as possible. Checks that no accepted event is lost.`,
  )
  .option('--minutes <number>', 'duration of the steady phase', positive, 10)
  .option('--json', 'print the result as JSON on stdout')
  .addHelpText('after', '\nExit codes: 0 all goals met; 1 an event was rejected or is missing, or the memory grew.')
  .parse()
  .opts<{ minutes: number; json?: boolean }>();

// Ctrl-C goes through the exit hooks, which end the processes.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const onProgress = progressPrinter();
const [startedAt, loadBefore] = [new Date(), loadNow()];
const server = await startServer({ port: 0, ui: false, searchAttributes: searchAttributeKeys });
const client = await connectClient({ address: server.address, env: {} });
const gateway = await startGatewayProcess(server.address, account, ['--trace-gc']);
const common = { account, gateway, client, onProgress };
const steadyEvents = Math.round(minutes * 60 * eventsPerSecond);

onProgress(`soak: ${steadyEvents} events in ${minutes} minutes …`);
const parts: PartResult[] = [
  await runSoakPhase({
    ...common,
    name: 'soak',
    amount: steadyEvents,
    rate: eventsPerSecond,
    connections: 8,
    checksForLeak: minutes >= leakCheckMinutes,
  }),
];
onProgress(`burst: ${burstEvents} events …`);
parts.push(
  await runSoakPhase({ ...common, name: 'burst', amount: burstEvents, connections: 256, checksForLeak: false }),
);

await gateway.stop();
await client.connection.close();
await server.stop();
const result = {
  ...{ bench: 'gateway-soak', command: `npm run soak:gateway -- --minutes ${minutes}`, parts },
  ...{ startedAt: startedAt.toISOString(), seconds: (Date.now() - startedAt.getTime()) / 1000 },
  machine: machineNow(loadBefore),
};
const files = await writeReport(result);
console.log(json ? JSON.stringify(result, undefined, 2) : reportText(result));
onProgress(`wrote ${files.join(', ')}`);
if (parts.some(({ goals }) => goals.some(({ isMet }) => !isMet))) process.exitCode = 1;

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('Must be a positive number.');
  return value;
}
