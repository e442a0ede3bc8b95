/** `failure`: charts stay empty or wrong. `warning`: suspicious. `skipped`: could not be looked at. */
export type Level = 'ok' | 'warning' | 'failure' | 'skipped';

/** What a check says. Never a secret, a name or an e-mail address. */
export interface Observation {
  readonly level: Level;
  readonly text: string;
  /** The one thing to do: a command if there is one. */
  readonly fix?: string;
}

export interface Finding extends Observation {
  /** `group.name`, stable: programs may rely on it. */
  readonly check: Check;
}

export const groups = ['environment', 'temporal', 'workers', 'chartmogul', 'data', 'stripe', 'gateway'] as const;
export type Group = (typeof groups)[number];
export type Check = `${Group}.${string}`;

export const ok = (text: string): Observation => ({ level: 'ok', text });
export const warning = (text: string, fix: string): Observation => ({ level: 'warning', text, fix });
export const failure = (text: string, fix: string): Observation => ({ level: 'failure', text, fix });
/** @param what could not be looked at @param because another check failed, or there is nothing to look at */
export const skipped = (what: string, because: string): Observation => ({
  level: 'skipped',
  text: `${what}: not looked at, as ${because}`,
});

/** `1 lead`, `2,000 leads`. */
export function count(many: number, what: string): string {
  return `${many.toLocaleString('en-US')} ${what}${many === 1 ? '' : 's'}`;
}

/** `3 minutes ago`, in the largest unit. */
export function ago(ms: number, now = Date.now()): string {
  return `${length(Math.max(0, now - ms))} ago`;
}

/** `3 minutes`, in the largest unit. */
export function length(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const units = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ] as const;
  const [unit, size] = units.find(([, least]) => seconds >= 2 * least) ?? ['second', 1];
  return count(Math.floor(seconds / size), unit);
}
