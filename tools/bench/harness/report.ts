import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Machine } from './machine.js';
import { asMarkdown, asText, type Table } from './table.js';

export const resultsFolder = fileURLToPath(new URL('../results', import.meta.url));

/** The target for a figure, and whether it is met. */
export interface Goal {
  readonly name: string;
  readonly target: string;
  readonly measured: string;
  readonly isMet: boolean;
}

/** The result of one part of a benchmark. */
export interface PartResult {
  readonly part: string;
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
  /** The same figures for programs, with units in the names. */
  readonly figures: unknown;
}

export interface BenchResult {
  readonly bench: string;
  /** The command that repeats it. */
  readonly command: string;
  readonly startedAt: string;
  readonly seconds: number;
  readonly machine: Machine;
  readonly parts: readonly PartResult[];
}

/** Formats the result for a terminal. */
export function reportText(result: BenchResult): string {
  return sections(result, asText, (title) => title).join('\n\n');
}

/**
 * Writes `<bench>.json` and `<bench>.md` to `tools/bench/results/`, replacing those of the previous run.
 *
 * @returns their paths, relative to the current folder
 */
export async function writeReport(result: BenchResult): Promise<string[]> {
  await mkdir(resultsFolder, { recursive: true });
  const contents = {
    json: JSON.stringify(result, undefined, 2),
    md: sections(result, asMarkdown, (title) => `## ${title}`).join('\n\n'),
  };
  const files = Object.entries(contents).map(([ending, content]) => ({
    path: join(resultsFolder, `${result.bench}.${ending}`),
    content,
  }));
  for (const { path, content } of files) await writeFile(path, `${content}\n`);
  return files.map(({ path }) => relative(process.cwd(), path));
}

function sections(
  result: BenchResult,
  show: (table: Table) => string,
  heading: (title: string) => string,
): readonly string[] {
  const { machine, parts, command, startedAt, seconds } = result;
  const { cores, cpu, memoryGb, node, system, load } = machine;
  const goals = parts.flatMap((part) => part.goals);
  return [
    heading(`${command}: ${seconds.toFixed(0)} s, ${startedAt}`),
    `${cores} cores (${cpu}), ${memoryGb} GB, ${system}, Node ${node}; load ${load.before.toFixed(1)} before and ` +
      `${load.after.toFixed(1)} after. Other load on the machine affects absolute figures; ratios are comparable.`,
    ...parts.flatMap(({ tables }) => tables.map(show)),
    ...(goals.length === 0 ? [] : [show(goalTable(goals))]),
  ];
}

function goalTable(goals: readonly Goal[]): Table {
  return {
    title: 'Goals',
    columns: ['goal', 'target', 'measured', ''],
    rows: goals.map(({ name, target, measured, isMet }) => [name, target, measured, isMet ? 'met' : 'missed']),
  };
}
