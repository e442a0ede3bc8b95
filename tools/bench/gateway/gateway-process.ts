import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeKey } from '../../../src/gateway/access.js';

const built = fileURLToPath(new URL('../../../lib/starter.js', import.meta.url));
const startWithinMs = 20_000;

/** The built `customer-journey gateway` command in its own process, as in production. */
export interface GatewayProcess {
  readonly url: string;
  /** Request headers: the key and the content type. */
  readonly headers: Readonly<Record<string, string>>;
  readonly pid: number;
  /** When it was started, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Its output so far. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts it with a key. Its log goes to a file, as under an init system, so reading it costs nothing here. */
export async function startGatewayProcess(
  address: string,
  account: string,
  execArgv: readonly string[] = [],
): Promise<GatewayProcess> {
  const { PATH = '', HOME = '' } = process.env;
  const { key, entry } = makeKey({ name: 'bench', account, scopes: ['ingest', 'read'] });
  const folder = mkdtempSync(join(tmpdir(), 'customer-journey-gateway-'));
  const logFile = join(folder, 'log');
  const output = openSync(logFile, 'w');
  const startedAt = Date.now();
  const child = spawn(process.execPath, [...execArgv, built, 'gateway'], {
    env: {
      ...{ PATH, HOME, TEMPORAL_ADDRESS: address, JOURNEY_ACCOUNT: account },
      ...{ GATEWAY_KEYS: entry, GATEWAY_PORT: '0', GATEWAY_OPERATIONS_PORT: '0' },
    },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const kill = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', kill);
  const ended = once(child, 'close');
  const { url } = await startedLine(logFile, () => child.exitCode !== null);
  return {
    ...{ url, pid: child.pid ?? 0, startedAt },
    log: () => readFileSync(logFile, 'utf8'),
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    async stop() {
      child.kill('SIGTERM');
      await ended;
      process.off('exit', kill);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Reads the URL from its log, because the system chose the ports. */
async function startedLine(logFile: string, hasEnded: () => boolean) {
  const deadline = Date.now() + startWithinMs;
  for (;;) {
    const log = readFileSync(logFile, 'utf8');
    const line = log.split('\n').find((text) => text.includes('"gateway started"'));
    if (line !== undefined) return JSON.parse(line) as { url: string }; // as gateway/main.ts logs it
    if (hasEnded() || Date.now() > deadline) throw new Error(`The gateway did not start:\n${log}`);
    await sleep(50);
  }
}
