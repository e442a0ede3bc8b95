import { gunzipSync, gzipSync } from 'node:zlib';
import type { Client } from '@temporalio/client';
import type { Facts } from '../domain/journey/facts.js';
import { historyEvents, type Run, valuesOf } from '../temporal/history.js';
import { expectLeads } from '../workflows/audit-messages.js';

/** A lead of a file, as the signal `expectLeads` has it. Without its profile. */
export type FileLead = readonly [leadId: string, facts: Facts];

/** The text of one signal. */
export function packLeads(leads: readonly FileLead[]): string {
  return gzipSync(JSON.stringify(leads)).toString('base64');
}

/** The leads of a file, from the signals in the first run of an audit. Both need a few hundred bytes a lead. */
export async function fileLeads(client: Client, run: Run, chunks: number): Promise<Map<string, Facts>> {
  const leads = new Map<string, Facts>();
  const seen = new Set<number>();
  if (chunks === 0) return leads;
  for await (const { workflowExecutionSignaledEventAttributes: signal } of historyEvents(client, run)) {
    if (signal?.signalName !== expectLeads.name) continue;
    const [chunk, text] = await valuesOf(client, signal.input?.payloads);
    for (const [leadId, facts] of unpackLeads(String(text))) leads.set(leadId, facts);
    seen.add(Number(chunk));
    if (seen.size === chunks) break;
  }
  return leads;
}

function unpackLeads(text: string): FileLead[] {
  return JSON.parse(gunzipSync(Buffer.from(text, 'base64')).toString());
}
