import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { createActivities } from '../../src/activities/index.js';
import { ChartMogulClient } from '../../src/chartmogul/client.js';
import type { RequestName } from '../../src/domain/journey/attention.js';
import { answering, type FixedAnswer } from './answering.js';

const email = 'adam.smith@example.com';
const name = 'Adam Zz9Smith';
const apiKey = 'Zz9secret-key';
/** None of these may leave the worker in a failure or in its log. */
const secrets = [email, 'Zz9Smith', apiKey, Buffer.from(`${apiKey}:`).toString('base64')];

const inputs: Record<RequestName, unknown> = {
  createLead: { leadId: 'lead_1', profile: { name, email }, dates: {} },
  findLead: { leadId: 'lead_1' },
  writeDates: { leadId: 'lead_1', uuid: 'cus_1', dates: {} },
  findPayingCustomer: { leadId: 'lead_1', billingCustomerId: 'cus_9' },
  requestMerge: { leadId: 'lead_1', from: 'cus_1', into: 'cus_2' },
  confirmMerge: { leadId: 'lead_1', uuid: 'cus_2' },
};
const steps = Object.keys(inputs) as RequestName[]; // Object.keys loses the keys' type

const echo = `Can't find any customers with email: "${email}" and name ${name}, key ${apiKey}`;
const bodies: [shape: string, body: unknown][] = [
  ['shape A', { code: 404, message: echo, param: 'email' }],
  ['shape A with values for code and field', { code: email, message: name, param: name }],
  ['shape B', { errors: { email: `${email} is taken`, name: `${name} is taken` } }],
  ['shape B with lists', { errors: { email: [email, name] } }],
  ['shape B with values for fields', { errors: { [email]: 'is taken' } }],
  ['shape C', { error: echo }],
  ['shape D', { error: echo, error_details: [{ param: email, code: name, message: echo }] }],
  ['shape E, plain text', echo],
  ['shape E, HTML', `<html><title>${name}</title>${email}</html>`],
  ['a known text with more behind it', { code: 404, message: `Customer not found: ${email}`, param: null }],
  ['a known text with more before it', { code: 404, message: `${email}: Customer not found`, param: null }],
  ['a known text on a line of its own', { code: 404, message: `${email}\nCustomer not found`, param: null }],
  ['a customer whose fields have other types', { uuid: [email], external_id: { [email]: name }, status: name }],
  ['a list of such customers', { entries: [{ uuid: 1, [email]: name }] }],
];
const statuses = [200, 400, 401, 402, 403, 404, 409, 422, 429, 500, 502, 503, 504];

describe('names, e-mail addresses and the API key', () => {
  for (const [shape, body] of bodies) {
    it(`stay out of failures, answers and logs when ChartMogul echoes them in ${shape}`, async () => {
      for (const status of statuses) {
        for (const { step, ending, logged } of await endings({ status, body })) {
          const text = inspect({ ending, logged }, { depth: 20, maxStringLength: null });
          for (const secret of secrets) assert.ok(!text.includes(secret), `${step} after ${status} tells: ${text}`);
        }
      }
    });
  }

  it('are detected by this test', () => {
    const failure = new Error(`for ${email}`);

    assert.ok(inspect({ ending: failure, logged: [] }).includes(email));
  });
});

/** How each activity ends with this answer, and what it logged. */
async function endings(answer: FixedAnswer) {
  const server = await answering(answer);
  const chartMogul = new ChartMogulClient({ apiKey, url: server.url });
  const activities = createActivities({ chartMogul, sources: () => ({ leads: 'ds_1', billing: 'ds_2' }) });
  const ends = await Promise.all(
    steps.map(async (step) => {
      const logged: LogEntry[] = [];
      const logger = new DefaultLogger('TRACE', (entry) => logged.push(entry));
      const environment = new MockActivityEnvironment({}, { logger });
      // one of six functions, each with its own input: the step selects it
      const running = environment.run(activities[step] as (input: unknown) => Promise<unknown>, inputs[step]);
      return { step, ending: await running.catch((error: unknown) => error), logged };
    }),
  );
  await server.close();
  return ends;
}
