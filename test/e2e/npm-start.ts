import assert from 'node:assert/strict';
import { join } from 'node:path';
import { startSandbox } from '../../packages/chartmogul-sandbox/src/index.js';
import { type Environment, type Running, startProgram } from './processes.js';

export function npmStart(data: string, args: readonly string[], env: Environment = {}): Running {
  const anyPorts = ['--port', '0', '--ui-port', '0', '--sandbox-port', '0', '--gateway-port', '0'];
  return startProgram('npm', ['start', '--', '--data', data, ...anyPorts, ...args], env, { detached: true });
}

export async function recordsIn(data: string): Promise<Record<string, unknown>[]> {
  const sandbox = await startSandbox({ data: join(data, 'chartmogul.jsonl') });
  const records = sandbox.customers();
  await sandbox.close();
  return records;
}

export function idsAndDates({ external_ids, lead_created_at, free_trial_started_at }: Record<string, unknown>) {
  assert.ok(Array.isArray(external_ids));
  return { ids: [...external_ids].sort(), lead: lead_created_at, trial: free_trial_started_at };
}
