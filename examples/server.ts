import { createServer, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { ForgedWebhookError, type Webhook } from './webhook.js';

/** Serves the webhooks of one biller. Responds with 200 only after the gateway accepted the facts. */
export function webhookServer(
  receive: (webhook: Webhook) => Promise<void>,
  log: (message: string) => void = console.error,
): Server {
  return createServer((request, response) => {
    const answer = (status: number) => void response.writeHead(status).end();
    received(request)
      .then(receive)
      .then(
        () => answer(200),
        (error: unknown) => {
          log(String(error));
          // After a 500, the biller sends the webhook again.
          answer(error instanceof ForgedWebhookError ? 401 : 500);
        },
      );
  });
}

async function received(request: IncomingMessage): Promise<Webhook> {
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  return { body: await text(request), headers: Object.fromEntries(headers) };
}
