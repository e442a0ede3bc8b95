import { auditClassNames, isDifference } from '../domain/audit/classes.js';
import { type AuditSummary, Audits } from '../journeys/audits.js';
import type { Journeys } from '../journeys/index.js';
import { auditSchedule, type WorkflowSchedule } from '../journeys/workflow-schedule.js';
import type { WorkerMetrics } from './metrics.js';

/**
 * Writes the account's last finished audit to the metrics. Two calls to Temporal; a third one reads the report of an
 * audit that is new.
 */
export class AuditSurvey {
  private readonly account: string;
  private readonly audits: Audits;
  private readonly schedule: WorkflowSchedule;
  /** The run that the metrics show. */
  private shown: string | undefined;

  constructor(
    { client, account }: Journeys,
    private readonly metrics: WorkerMetrics,
  ) {
    this.account = account;
    this.audits = new Audits({ client, account, timeout: '5 seconds' });
    this.schedule = auditSchedule(client, account);
  }

  /** Removes what the last survey has shown: another worker surveys, or Temporal did not answer. */
  skip(): void {
    const { auditDifferences, auditDifferencesLeft, auditTimestamp, auditInterval } = this.metrics;
    for (const gauge of [auditDifferences, auditDifferencesLeft, auditTimestamp, auditInterval]) gauge.reset();
    this.shown = undefined;
  }

  /** @throws TemporalUnavailableError */
  async survey(): Promise<void> {
    try {
      const [{ last }, schedule] = await Promise.all([this.audits.last(), this.schedule.describe()]);
      if (last === undefined) this.skip();
      else if (last.runId !== this.shown) await this.show(last);
      this.metrics.auditInterval.reset();
      const { everySeconds } = schedule ?? {};
      if (everySeconds !== undefined) this.metrics.auditInterval.set({ account: this.account }, everySeconds);
    } catch (error) {
      this.skip();
      throw error;
    }
  }

  private async show(last: AuditSummary): Promise<void> {
    const { counts, differences, endedAt } = await this.audits.report(last);
    const { account } = this;
    const { auditDifferences, auditDifferencesLeft, auditTimestamp } = this.metrics;
    for (const found of auditClassNames.filter(isDifference))
      auditDifferences.set({ class: found }, counts[found] ?? 0);
    auditDifferencesLeft.set({ account }, differences);
    auditTimestamp.set({ account }, Date.parse(endedAt) / 1000);
    this.shown = last.runId;
  }
}
