import { activityInfo, getClient } from '@temporalio/activity';
import { type AuditReport, auditAccountType, auditId } from '../../workflows/audit-messages.js';
import { askingTemporal } from '../journeys.js';

/** The number of differences that the last audit of the account has left. Undefined if Temporal retains none. */
export async function findLastAudit({ account }: { readonly account: string }): Promise<number | undefined> {
  return askingTemporal('findLastAudit', async () => {
    const client = getClient();
    const query = `WorkflowType = '${auditAccountType}' AND ExecutionStatus = 'Completed' AND WorkflowId STARTS_WITH '${auditId(account)}'`;
    const current = activityInfo().workflowExecution?.runId;
    for await (const { workflowId, runId } of client.workflow.list({ query, pageSize: 20 })) {
      if (runId === current) continue;
      const report: AuditReport = await client.workflow.getHandle(workflowId, runId).result();
      if (report.account === account) return report.differences;
    }
    return undefined;
  });
}
