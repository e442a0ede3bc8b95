import type { AuditClass } from './classes.js';
import type { Verdict } from './judge.js';

/** The one command for a difference that needs a person. Undefined if `audit --fix` removes it. */
export function commandFor(
  found: AuditClass,
  leadId: string,
  { foreign = 'lead' }: Pick<Verdict, 'foreign'> = {},
): string | undefined {
  switch (found) {
    case 'missing':
      return command('retry', leadId, '--recreate');
    case 'merged-elsewhere':
      return command('unmerge', leadId, '--note TEXT');
    case 'foreign-date':
      return command('correct', leadId, `--date ${foreign} --to DATE --note TEXT`);
    case 'two-records':
      return command('paid', leadId, '--at DATE --customer CUSTOMER');
    case 'attention':
      return command('show', leadId);
    case 'unknown':
      return command('lead', leadId, '--at DATE');
    default:
      return undefined;
  }
}

/** An id that begins like an option comes last, after `--`. */
function command(name: string, leadId: string, options?: string): string {
  const lead = shellWord(leadId);
  const words = leadId.startsWith('-') ? [options, '--', lead] : [lead, options];
  return ['customer-journey', name, ...words.filter((word) => word !== undefined)].join(' ');
}

/** For a POSIX shell, and zsh, which expands a word that begins with `=`. */
export function shellWord(text: string): string {
  return /^(?!=)[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
