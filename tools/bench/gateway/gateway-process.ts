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

/** The command `customer-journey gateway` of the build, in a process of its own, as it runs in production. */
export interface GatewayProcess {
  readonly url: string;
  /** What a request carries: a key, and that it is JSON. */
  readonly headers: Readonly<Record<string, string>>;
  readonly pid: number;
  /** When it was started, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** What it has written so far. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts it with a key. Its log goes into a file, as it would under an init system; nobody here pays for reading it. */
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

/** Where it listens is in its log, since the system chose the ports. */
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
