import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that never answers, in place of ChartMogul. Closes it after `use`. */
export async function withSilentServer(use: (url: string) => Promise<void>): Promise<void> {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  try {
    await use(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`); // it listens on a port, not on a pipe
  } finally {
    silent.closeAllConnections();
    silent.close();
  }
}
