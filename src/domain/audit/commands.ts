import type { AuditClass } from './classes.js';

/** The one command for a difference that needs a person. Undefined if `audit --fix` removes it. */
export function commandFor(found: AuditClass, leadId: string): string | undefined {
  const lead = quoted(leadId);
  switch (found) {
    case 'missing':
      return `customer-journey retry ${lead} --recreate`;
    case 'merged-elsewhere':
      return `customer-journey unmerge ${lead} --note TEXT`;
    case 'foreign-date':
      return `customer-journey correct ${lead} --date lead|trial --to DATE --note TEXT`;
    case 'two-records':
      return `customer-journey paid ${lead} --at DATE --customer CUSTOMER`;
    case 'attention':
      return `customer-journey show ${lead}`;
    case 'unknown':
      return `customer-journey lead ${lead} --at DATE`;
    default:
      return undefined;
  }
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
