import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Total CPU time and current memory of a process. */
export interface Usage {
  /** CPU time of all threads, in milliseconds. */
  readonly cpuMs: number;
  /** Resident memory. */
  readonly residentMb: number;
}

/** Reads the usage from the operating system. The measured process is not involved. */
export async function usageOf(pid: number): Promise<Usage> {
  return process.platform === 'linux' ? usageFromProc(pid) : usageFromPs(pid);
}

/** Linux counts CPU time in ticks of 10 ms, so a measurement must take seconds. */
const tickMs = 10;
const pageKb = 4;

async function usageFromProc(pid: number): Promise<Usage> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field is the name in parentheses and can contain spaces. All later fields are numbers.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system, residentPages] = [fields[11], fields[12], fields[21]].map(Number);
  if (user === undefined || system === undefined || residentPages === undefined)
    throw new Error(`/proc/${pid}: ${stat}`);
  return { cpuMs: (user + system) * tickMs, residentMb: (residentPages * pageKb) / 1024 };
}

/** On macOS, `ps` prints CPU time as `mm:ss.hh`. */
async function usageFromPs(pid: number): Promise<Usage> {
  const { stdout } = await run('ps', ['-o', 'time=,rss=', '-p', String(pid)]);
  const [time = '', rssKb = ''] = stdout.trim().split(/\s+/);
  const seconds = time.split(/[-:]/).reduce((sum, part) => sum * 60 + Number(part), 0);
  return { cpuMs: seconds * 1000, residentMb: Number(rssKb) / 1024 };
}

/** Runs a task and returns the CPU milliseconds that each process used meanwhile. */
export async function cpuDuring<Name extends string>(
  pids: Readonly<Record<Name, number>>,
  task: () => Promise<void>,
): Promise<Record<Name, number>> {
  const before = await cpuOf(pids);
  await task();
  const after = await cpuOf(pids);
  const names = Object.keys(pids) as Name[]; // Object.keys loses the type
  return Object.fromEntries(names.map((name) => [name, after[name] - before[name]])) as Record<Name, number>;
}

async function cpuOf<Name extends string>(pids: Readonly<Record<Name, number>>): Promise<Record<Name, number>> {
  const names = Object.keys(pids) as Name[]; // as above
  const usages = await Promise.all(names.map(async (name) => [name, (await usageOf(pids[name])).cpuMs] as const));
  return Object.fromEntries(usages) as Record<Name, number>;
}
