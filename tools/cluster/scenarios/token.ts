import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context, Row, Scenario } from '../context.js';
import { type Environment, Product } from '../product.js';
import { startTokens, type Tokens } from '../tokens.js';
import { eventually } from '../waiting.js';
import { startsOrHelps } from './auto-setup.js';

const namespace = 'token';
/** The role that an operator gives the product: it may use the namespace, and not administer it. */
const role = [`${namespace}:write`];
const validForSeconds = 30;

export const token: Scenario = {
  name: 'token',
  about: 'a role that may only write, and a token that expires',
  async run(context) {
    const tokens = await startTokens();
    await context.cluster.secure({ tokenKeys: tokens.url });
    const admin = credentials(tokens.token(['temporal-system:admin']));
    const product = await Product.in(context, namespace, credentials(tokens.token(role)), admin);
    try {
      const registered = { ...product.env(), ...admin };
      const started = await startsOrHelps(context, product, registered);
      await product.stop(); // its token does not expire
      return [started, ...(await expires(context, tokens))];
    } finally {
      await product.stop();
      await context.cluster.secure({});
      await tokens.close();
    }
  },
};

/** A token turns TLS on unless told otherwise. */
function credentials(apiKey: string): Environment {
  return { TEMPORAL_API_KEY: apiKey, TEMPORAL_TLS: 'false' };
}

/** A worker and a gateway whose token expires while they run, and is then replaced in its file. */
async function expires(context: Context, tokens: Tokens): Promise<Row[]> {
  const file = join(context.folder, 'temporal-token');
  const product = Product.of(context, namespace, { TEMPORAL_API_KEY_FILE: file, TEMPORAL_TLS: 'false' });
  const { unaskedExits } = context.processes;
  const exitsBefore = unaskedExits.length;
  try {
    await writeFile(file, tokens.token(role, validForSeconds));
    await Promise.all([product.startWorker(2), product.startGateway()]);
    const before = await product.post('lead_1');
    const expired = await eventually(async () => {
      const answer = await product.post('lead_2');
      if (answer.status < 300) throw new Error('the token has not expired yet');
      return answer;
    });
    await writeFile(file, tokens.token(role));
    const after = await eventually(async () => {
      const answer = await product.post('lead_3');
      if (answer.status >= 300) throw new Error(`${answer.status}: ${answer.text}`);
      return answer;
    }).catch((error: Error) => ({ status: 0, text: error.message }));
    const isCreated = await context.sandbox.hasRecord('lead_3');
    const exits = unaskedExits.slice(exitsBefore);
    return [
      statusRow('event before the token expires', 202, before),
      statusRow('event after the token has expired', 503, expired),
      statusRow('event after the file has a new token', 202, after),
      {
        what: "that lead's record, by the same worker",
        expected: 'created, no exit',
        seen: `${isCreated ? 'created' : 'missing'}, exits: ${exits.join(', ') || 'none'}`,
        isOk: isCreated && exits.length === 0,
      },
    ];
  } finally {
    await product.stop();
  }
}

function statusRow(what: string, status: number, answer: { readonly status: number; readonly text: string }): Row {
  return { what, expected: String(status), seen: `${answer.status} ${answer.text}`, isOk: answer.status === status };
}
