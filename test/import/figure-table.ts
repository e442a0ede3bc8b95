import { readFileSync } from 'node:fs';

/** A table of figures, each printed as soon as it is known, with its expected value. */
export class Figures {
  private missed = 0;

  tell(what: string, value: number | readonly number[]): void {
    console.log(`${what}: ${[value].flat().map(rounded).join(', ')}`);
  }

  expect<T extends string | number | null>(what: string, value: T, wanted: T): void {
    this.judge(what, value, value === wanted, `expected ${wanted}`);
  }

  expectAtLeast(what: string, value: number, least: number): void {
    this.judge(what, rounded(value), value >= least, `expected at least ${least}`);
  }

  expectAtMost(what: string, value: number, most: number): void {
    this.judge(what, rounded(value), value <= most, `expected at most ${most}`);
  }

  exitCode(): number {
    return this.missed > 0 ? 1 : 0;
  }

  private judge(what: string, value: string | number | null, isReached: boolean, wanted: string): void {
    if (!isReached) this.missed += 1;
    console.log(`${what}: ${value} (${wanted}${isReached ? '' : ', MISSED'})`);
  }
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The CPU time of a process so far, on Linux; NaN elsewhere. */
export function cpuSeconds(pid: number | undefined): number {
  try {
    const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
    const [user = 0, system = 0] = fields.split(' ').slice(11, 13).map(Number);
    return (user + system) / 100;
  } catch {
    return Number.NaN;
  }
}
