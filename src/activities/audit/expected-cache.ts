import { activityInfo, getClient } from '@temporalio/activity';
import { formatInstant, type Instant } from '../../domain/journey/instant.js';
import { fileLeads } from '../../journeys/audit-file.js';
import type { Journeys } from '../../journeys/index.js';
import { ExpectedLeads } from './expected-leads.js';
import type { AuditPart } from './parts.js';

/** An audit that is not continued for so long has ended, or another worker continues it. */
const keptMs = 5 * 60_000;

/**
 * The expected leads of the audit that this worker is carrying out. Every part of an audit needs them, and listing them
 * again costs one call for each 1,000 journeys.
 */
export class ExpectedCache {
  private current: { readonly firstRunId: string; readonly leads: Promise<ExpectedLeads> } | undefined;
  private timer: NodeJS.Timeout | undefined;

  async of(journeys: Journeys, { firstRunId, startedAt, chunks }: AuditPart): Promise<ExpectedLeads> {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.forget(), keptMs).unref();
    if (this.current?.firstRunId !== firstRunId) {
      const workflowId = activityInfo().workflowExecution?.workflowId ?? '';
      const leads = fileLeads(getClient(), { workflowId, runId: firstRunId }, chunks).then((file) =>
        ExpectedLeads.read(journeys, endOfSecond(startedAt), file),
      );
      this.current = { firstRunId, leads };
      leads.catch(() => this.forget());
    }
    return this.current.leads;
  }

  private forget(): void {
    this.current = undefined;
  }
}

/** An instant has no fraction. */
function endOfSecond(instant: Instant): Instant {
  return formatInstant(new Date(Date.parse(instant) + 1000));
}
