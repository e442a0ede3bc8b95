import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/** The machine on which the figures were measured. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  /** The one-minute load average before and after the run. */
  readonly load: { readonly before: number; readonly after: number };
}

/** @param loadBefore from {@link loadNow}, called at the start of the run */
export function machineNow(loadBefore: number): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()}`,
    node: process.versions.node,
    load: { before: loadBefore, after: loadNow() },
  };
}

export function loadNow(): number {
  return loadavg()[0] ?? Number.NaN;
}
