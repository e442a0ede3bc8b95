import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../context.js';
import { planLeads, recordsAndJourneys, tellAll, writeLeads } from '../leads.js';
import { Product } from '../product.js';

const leadCount = 100;
const trafficMs = 40_000;

export const backup: Scenario = {
  name: 'backup',
  about: 'backup of both databases in the middle of traffic, restore, import of all leads again',
  async run(context) {
    const { cluster, sandbox, onProgress } = context;
    const product = await Product.in(context, 'backup');
    try {
      const startAll = () => Promise.all([product.startWorker(1), product.startWorker(2), product.startGateway()]);
      await startAll();
      const leads = planLeads(leadCount);
      const [folder, file] = [join(context.folder, 'backup'), join(context.folder, 'all-leads.csv')];
      await mkdir(folder);
      await writeLeads(file, leads);
      const telling = tellAll(product.client(), sandbox, leads, trafficMs);
      await sleep(trafficMs / 2);
      const backedUpAt = sandbox.requests.length;
      onProgress('backup of both databases');
      await cluster.backUp(folder);
      await telling;
      await sleep(trafficMs / 4); // requests after the backup, which the restored journeys have forgotten
      const forgotten = sandbox.requests.length - backedUpAt;

      onProgress('stopping everything, and restoring the backup');
      await product.stop();
      await cluster.stopServer();
      await cluster.restore(folder);
      await cluster.startServer();
      await startAll();
      onProgress('importing all leads again');
      const { exitCode, stderr } = await product.commandLine(['import', file, '--yes', '--json']);
      return [
        {
          what: 'requests that the backup does not know',
          expected: 'some',
          seen: String(forgotten),
          isOk: forgotten > 0,
        },
        {
          what: 'import of all leads after the restore',
          expected: 'exit 0',
          seen: `exit ${exitCode} ${exitCode === 0 ? '' : stderr}`,
          isOk: exitCode === 0,
        },
        ...(await recordsAndJourneys(product, sandbox, leads)),
      ];
    } finally {
      await product.stop();
    }
  },
};
