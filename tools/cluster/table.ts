import type { Row } from './context.js';

/** Rows with the name of their scenario. */
export type Result = Row & { readonly scenario: string };

const columns = ['scenario', 'what', 'expected', 'seen', 'ok'] as const;
const widest = 100;

/** Formats the result as a table. Long cells are truncated. */
export function tableOf(results: readonly Result[]): string {
  const rows = results.map(({ scenario, what, expected, seen, isOk }) =>
    [scenario, what, expected, seen, isOk ? 'ok' : 'NOT OK'].map((cell) => cell.replaceAll(/\s+/g, ' ')),
  );
  const widths = columns.map((column, index) =>
    Math.min(widest, Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0))),
  );
  const line = (cells: readonly string[]) =>
    widths
      .map((width, index) => (cells[index] ?? '').slice(0, width).padEnd(width))
      .join('  ')
      .trimEnd();
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
