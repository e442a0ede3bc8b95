import type { Spread } from './alternating.js';

/** A printed table. The first column is left-aligned, the others are right-aligned. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** How to read the figures, one item per note. */
  readonly notes?: readonly string[];
}

/** Formats the table for a terminal. */
export function asText({ title, columns, rows, notes = [] }: Table): string {
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...rows.map((row) => (row[index] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    `  ${widths.map((width, index) => pad(cells[index] ?? '', width, index)).join('   ')}`.trimEnd();
  return [title, '', line(columns), ...rows.map(line), '', ...notes.map((note) => `  ${note}`)].join('\n').trimEnd();
}

/** Formats the table for `docs/` and `tools/bench/results/`. */
export function asMarkdown({ title, columns, rows, notes = [] }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = columns.map((_, index) => (index === 0 ? '---' : '---:'));
  return [`### ${title}`, '', line(columns), line(rule), ...rows.map(line), '', ...notes.map((note) => `- ${note}`)]
    .join('\n')
    .trimEnd();
}

function pad(cell: string, width: number, index: number): string {
  return index === 0 ? cell.padEnd(width) : cell.padStart(width);
}

/** `median (min to max)`, with a fixed number of decimals. */
export function spreadText({ min, median, max }: Spread, digits = 2): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
}
