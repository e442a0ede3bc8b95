import { createHash } from 'node:crypto';
import { appendFileSync, createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type FileLead, packLeads } from '../journeys/audit-file.js';
import type { Checked } from './check.js';
import { JoinedLeads } from './joined-leads.js';
import type { LeadFile } from './lead-file.js';

/** A chunk must stay far below the 2 MB of a signal. With long ids and all dates, this is about 100 kB. */
const leadsAtOnce = 2_000;

/** The leads of a file, packed for an audit. */
export interface LeadChunks {
  readonly count: number;
  /** Tells whether two files have the same leads in the same order. */
  readonly digest: string;
  /** As {@link packLeads} packs them. */
  all(): AsyncIterable<string>;
}

/**
 * Packs the leads of a checked file without its bad lines, with all lines of a lead joined, and without profiles. The
 * chunks are in the file's folder, so that memory does not grow with the file.
 */
export async function chunksOf(file: LeadFile, checked: Checked, signal?: AbortSignal): Promise<LeadChunks> {
  const path = join(file.folder, 'chunks');
  const hash = createHash('sha256');
  let count = 0;
  for await (const leads of leadsOf(file, checked, signal)) {
    const text = packLeads(leads);
    hash.update(text);
    appendFileSync(path, `${text}\n`, { mode: 0o600 });
    count += 1;
  }
  return { count, digest: hash.digest('hex'), all: () => createInterface({ input: createReadStream(path) }) };
}

async function* leadsOf(
  file: LeadFile,
  { columns, repeats }: Checked,
  signal: AbortSignal | undefined,
): AsyncGenerator<FileLead[]> {
  const joined = await JoinedLeads.read(file, columns, repeats.lines, signal);
  let leads: FileLead[] = [];
  for await (const lines of file.lines(columns)) {
    signal?.throwIfAborted();
    for (const line of lines) {
      const lead = line.isGood ? joined.of(line) : undefined;
      if (lead !== undefined) leads.push([lead.leadId, { ...lead.facts, profile: {} }]);
      if (leads.length < leadsAtOnce) continue;
      yield leads;
      leads = [];
    }
  }
  if (leads.length > 0) yield leads;
}
