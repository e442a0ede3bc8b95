import { fastify } from 'fastify';
import { readyForBench } from '../harness/process.js';

/** A route that reads JSON and answers immediately, with a body as large as the gateway's: the cost of HTTP alone. */
const app = fastify();
const answer = {
  status: 'accepted',
  journey_id: 'journey/bench/lead_01234567_1234',
  run_id: '01234567-89ab-cdef-0123-456789abcdef',
  links: { lead: '/v1/leads/lead_01234567_1234', web_ui: `http://localhost:8233/${'-'.repeat(120)}` },
};
app.post('/v1/events', async (_request, reply) => reply.code(202).send(answer));
const url = await app.listen({ host: '127.0.0.1', port: 0 });
process.on('message', () => process.send?.(`${url}/v1/events`));
readyForBench();
