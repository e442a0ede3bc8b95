import { apiKey } from '../../packages/chartmogul-sandbox/src/index.js';
import { run } from '../cli/terminal-stand-in.js';
import type { Stage } from '../support/journeys.js';
import { type Mix, type MixedLeads, mixedLeads, populate } from './leads.js';

export const mix: Mix = { rows: 50, paying: 8, existing: 6, bad: 5, repeats: 4 };

/** Leads of all kinds, and the records that ChartMogul has before they are imported. */
export async function populated(stage: Stage): Promise<MixedLeads> {
  const leads = mixedLeads(mix);
  await populate(stage.sandbox, apiKey, leads);
  return leads;
}

export function importFile(stage: Stage, path: string, more: readonly string[] = []) {
  return run(['import', path, '--yes', '--skip-bad', ...more], { env: stage.env });
}
