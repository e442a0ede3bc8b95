import { journeyId } from '../../../src/workflows/messages.js';
import type { Context, Row, Scenario } from '../context.js';
import { Product } from '../product.js';

/** Temporal on SQL stores workflow ids in `VARCHAR(255)`. */
const limit = 255;

export const ids: Scenario = {
  name: 'ids',
  about: 'lead ids whose workflow ids have 250 and 255 characters work, longer ones are refused',
  async run(context) {
    const product = await Product.in(context, 'ids');
    try {
      await product.startWorker(1);
      return [
        await works(context, product, 250),
        await works(context, product, limit),
        await isRefused(product, limit + 1),
      ];
    } finally {
      await product.stop();
    }
  },
};

/** A lead id whose workflow id has this length. */
function leadIdFor(length: number): string {
  return 'x'.repeat(length - journeyId('').length);
}

function reportLead(product: Product, leadId: string) {
  return product.commandLine(['lead', leadId, '--at', '2016-01-05T00:00:00Z']);
}

async function works({ sandbox }: Context, product: Product, length: number): Promise<Row> {
  const leadId = leadIdFor(length);
  const { exitCode, stderr } = await reportLead(product, leadId);
  const isCreated = await sandbox.hasRecord(leadId);
  return {
    what: `workflow id of ${length} characters`,
    expected: 'exit 0, record created',
    seen: `exit ${exitCode}, ${isCreated ? 'record created' : 'no record'} ${stderr.replace(leadId, 'LEAD')}`,
    isOk: exitCode === 0 && isCreated,
  };
}

async function isRefused(product: Product, length: number): Promise<Row> {
  const leadId = leadIdFor(length);
  const { exitCode, stderr } = await reportLead(product, leadId);
  return {
    what: `workflow id of ${length} characters`,
    expected: `exit 2, names the limit of ${limit}`,
    seen: `exit ${exitCode}: ${stderr.replaceAll(leadId, 'LEAD')}`,
    isOk: exitCode === 2 && stderr.includes(String(limit)),
  };
}
