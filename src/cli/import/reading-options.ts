import type { Command } from 'commander';

/** How a file of leads is read. */
export interface ReadingOptions {
  readonly map: readonly string[];
  readonly from?: string;
  readonly null: readonly string[];
  readonly ignoreUnknown?: boolean;
  readonly timeZone?: string;
  readonly dateFormat?: string;
  readonly delimiter?: string;
  readonly encoding?: string;
  readonly skipBad?: boolean;
}

/** Adds the options for the columns of a file of leads. */
export function addColumnOptions(command: Command): Command {
  return command
    .option('--map <their=ours>', 'map a column with another name; their= ignores the column (repeatable)', collect, [])
    .option(
      '--from <product>',
      'the column names of an export: hubspot, salesforce, pipedrive, chartmogul or stripe-payments; other columns are ' +
        'ignored, and --map comes first',
    )
    .option('--ignore-unknown', 'ignore unknown columns');
}

/** Adds the options for the values in a file of leads. */
export function addValueOptions(command: Command): Command {
  return command
    .option('--null <text>', 'another text that stands for a missing value, like NULL (repeatable)', collect, [])
    .option('--time-zone <name>', 'the IANA time zone of dates without one, for example Europe/Berlin')
    .option(
      '--date-format <format>',
      'the format of all dates: Day.js tokens, for example "DD.MM.YYYY HH:mm" or "M/D/YYYY"; ' +
        'or epoch-seconds, epoch-milliseconds, excel',
    )
    .option('--delimiter <character>', 'the column separator; "tab" for tabs; detected by default')
    .option('--encoding <name>', 'utf-8, utf-16le, utf-16be or windows-1252; UTF-8 and UTF-16 are detected')
    .option('--skip-bad', 'skip invalid lines');
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}
