import { auditClasses, auditClassNames } from '../domain/audit/classes.js';
import type { AuditView } from './audit-messages.js';

/** The details that the Web UI shows for an audit, in Temporal's Markdown. Counts only. */
export function auditDetails({ phase, leads, records, requests, examined, counts, mending }: AuditView): string {
  return [
    `Audit: **${phase}**`,
    '',
    `- expected leads: ${leads ?? 'not listed yet'}`,
    `- records in lists: ${records}; read singly: ${examined}; requests: ${requests}`,
    ...(mending ? [`- restarted: ${mending.restarted}; mended: ${mending.mended}; failed: ${mending.failed}`] : []),
    '',
    ...auditClassNames
      .filter((name) => counts[name] !== undefined)
      .map((name) => `- ${name}: ${counts[name]} (${auditClasses[name]})`),
  ].join('\n');
}
