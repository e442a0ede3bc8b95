import { join } from 'node:path';
import { createCertificates, serverName } from '../certificates.js';
import type { Context, Row, Scenario } from '../context.js';
import { ingestAll, planLeads, recordsAndJourneys, tellAll } from '../leads.js';
import { type Environment, Product } from '../product.js';

const leadCount = 10;

export const tls: Scenario = {
  name: 'tls',
  about: 'mTLS between all processes and clients, and the usual mistakes',
  async run(context) {
    const folder = await createCertificates(context.folder);
    await context.cluster.secure({ tls: folder });
    const product = await Product.in(context, 'tls', certificates(folder));
    try {
      await Promise.all([product.startWorker(1), product.startGateway()]);
      const leads = planLeads(leadCount);
      await ingestAll(context.sandbox, leads);
      await tellAll(product.client(), context.sandbox, leads, 1_000);
      const right = await recordsAndJourneys(product, context.sandbox, leads);
      await product.stop();
      return [...right, ...(await mistakeRows(context, folder))];
    } finally {
      await product.stop();
      await context.cluster.secure({});
    }
  },
};

function certificates(folder: string): Environment {
  return {
    TEMPORAL_TLS: 'true',
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: join(folder, 'ca.pem'),
    TEMPORAL_TLS_CLIENT_CERT_PATH: join(folder, 'client.pem'),
    TEMPORAL_TLS_CLIENT_KEY_PATH: join(folder, 'client.key'),
    TEMPORAL_TLS_SERVER_NAME: serverName,
  };
}

/** Each mistake is invalid configuration: waiting does not help. */
async function mistakeRows(context: Context, folder: string): Promise<Row[]> {
  const right = certificates(folder);
  const { TEMPORAL_TLS_CLIENT_CERT_PATH: _, TEMPORAL_TLS_CLIENT_KEY_PATH: __, ...anonymous } = right;
  const { TEMPORAL_TLS_SERVER_CA_CERT_PATH: ___, ...distrustful } = right;
  const mistakes: Readonly<Record<string, Environment>> = {
    'without TLS': {},
    'without the CA': distrustful,
    'without a client certificate': anonymous,
    'with the wrong server name': { ...right, TEMPORAL_TLS_SERVER_NAME: 'elsewhere.internal' },
    'with a certificate of another CA': {
      ...right,
      TEMPORAL_TLS_CLIENT_CERT_PATH: join(folder, 'stranger.pem'),
      TEMPORAL_TLS_CLIENT_KEY_PATH: join(folder, 'stranger.key'),
    },
  };
  const rows: Row[] = [];
  for (const [name, env] of Object.entries(mistakes)) rows.push(await mistakeRow(context, name, env));
  return rows;
}

async function mistakeRow(context: Context, name: string, env: Environment): Promise<Row> {
  const product = Product.of(context, 'tls', env);
  const { exitCode, stderr } = await product.commandLine(['list']);
  return {
    what: `connection ${name}`,
    expected: 'exit 78',
    seen: `exit ${exitCode}: ${stderr}`,
    isOk: exitCode === 78,
  };
}
