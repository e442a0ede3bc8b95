import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeKey } from '../../../src/gateway/access.js';

const built = fileURLToPath(new URL('../../../lib/starter.js', import.meta.url));
const startTimeoutMs = 20_000;

/** The built `customer-journey gateway` command in its own process, as in production. */
export interface GatewayProcess {
  readonly url: string;
  /** Request headers: the key and the content type. */
  readonly headers: Readonly<Record<string, string>>;
  readonly pid: number;
  /** Start time, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Its output so far. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts the gateway with a key and logs to a file, so that the benchmark does not spend CPU time on the output. */
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

/** Reads the URL from the log, because the operating system chooses the ports. */
async function startedLine(logFile: string, hasEnded: () => boolean) {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    const log = readFileSync(logFile, 'utf8');
    const line = log.split('\n').find((text) => text.includes('"gateway started"'));
    if (line !== undefined) return JSON.parse(line) as { url: string }; // as gateway/main.ts logs it
    if (hasEnded() || Date.now() > deadline) throw new Error(`The gateway did not start. Its log:\n${log}`);
    await sleep(50);
  }
}
