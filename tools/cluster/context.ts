import type { Cluster } from './cluster.js';
import type { Processes } from './processes.js';
import type { ClusterSandbox } from './sandbox.js';

/** What scenarios work with. */
export interface Context {
  readonly cluster: Cluster;
  readonly processes: Processes;
  readonly sandbox: ClusterSandbox;
  /** A folder for files, which is deleted at the end. */
  readonly folder: string;
  /** Leads of the scenario with kills. */
  readonly leads: number;
  /** Leads of the import. */
  readonly rows: number;
  /** Requests to ChartMogul per second, for all workers together. */
  readonly rate: number;
  readonly onProgress: (line: string) => void;
}

/** One line of the result. */
export interface Row {
  readonly what: string;
  readonly expected: string;
  readonly seen: string;
  readonly isOk: boolean;
}

export interface Scenario {
  readonly name: string;
  /** What it tries, for `--help`. */
  readonly about: string;
  run(context: Context): Promise<Row[]>;
}
