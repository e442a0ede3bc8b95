import { gunzipSync } from 'node:zlib';
import { activityInfo, getClient } from '@temporalio/activity';
import type { Facts } from '../../domain/journey/facts.js';
import { historyEvents, valuesOf } from '../../temporal/history.js';
import { expectLeads, type FileLead } from '../../workflows/audit-messages.js';

/** The leads of a file, from the signals in the audit's first run. */
export async function fileLeads(firstRunId: string, chunks: number): Promise<Map<string, Facts>> {
  const leads = new Map<string, Facts>();
  const workflowId = activityInfo().workflowExecution?.workflowId ?? '';
  const client = getClient();
  const seen = new Set<number>();
  if (chunks === 0) return leads;
  for await (const { workflowExecutionSignaledEventAttributes: signal } of historyEvents(client, {
    workflowId,
    runId: firstRunId,
  })) {
    if (signal?.signalName !== expectLeads.name) continue;
    const [chunk, text] = await valuesOf(client, signal.input?.payloads);
    for (const [leadId, facts] of leadsIn(String(text))) leads.set(leadId, facts as Facts); // the command line wrote it
    seen.add(Number(chunk));
    if (seen.size === chunks) break;
  }
  return leads;
}

function leadsIn(chunk: string): FileLead[] {
  return JSON.parse(gunzipSync(Buffer.from(chunk, 'base64')).toString());
}
