/** How a lead's record in ChartMogul relates to what is known of the lead. Each lead has exactly one. */
export const auditClasses = {
  ok: 'ChartMogul shows what is known',
  'in-progress': 'the journey is sending requests right now',
  'not-merged': 'paid, but not merged with the paying customer',
  unmerged: 'was merged with the paying customer, and is not any more',
  'dates-differ': 'other lead or trial dates than known',
  stopped: 'the journey was terminated or failed before the lead was proven',
  missing: 'no record',
  'merged-elsewhere': 'merged with a record that does not belong to the lead',
  'foreign-date': 'an earlier date that nothing known explains',
  'two-records': 'two records for one lead: ChartMogul counts both',
  'trial-ignored': 'has trial line items, for which ChartMogul may ignore the trial date',
  attention: 'the journey needs attention already',
  unknown: 'a record in the leads source that nobody reported',
} as const;

export type AuditClass = keyof typeof auditClasses;

export const auditClassNames = Object.keys(auditClasses) as AuditClass[]; // its keys are the classes

/** Whether the class is a difference between ChartMogul and what is known. */
export function isDifference(found: AuditClass): boolean {
  return found !== 'ok' && found !== 'in-progress';
}

/** Whether a new run of the journey removes the difference by itself. */
export function isMendable(found: AuditClass): boolean {
  return found === 'not-merged' || found === 'unmerged' || found === 'dates-differ' || found === 'stopped';
}
