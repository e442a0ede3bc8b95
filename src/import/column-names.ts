import type { ProfileField } from '../domain/journey/reports.js';

/** The names of the columns that the import reads. */
export const dateColumns = ['lead_created_at', 'trial_started_at', 'paid_at'] as const;
export const profileColumns: readonly ProfileField[] = ['name', 'email', 'company', 'country', 'state', 'city', 'zip'];
export const columnNames = ['lead_id', ...dateColumns, 'billing_customer_id', ...profileColumns] as const;
export type ColumnName = (typeof columnNames)[number];
