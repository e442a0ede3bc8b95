import type { Counts } from '../../import/counts.js';
import { duration, number } from '../amounts.js';
import type { Stream } from '../terminal.js';

/** The progress line of an import: on a terminal with a bar, and never wider than the terminal. */
export class Pace {
  private readonly samples: { readonly at: number; readonly lines: number }[] = [];

  constructor(
    private readonly total: number,
    private readonly stream: Stream,
    private readonly now: () => number = Date.now,
  ) {}

  line({ lines, created, adopted, merged, underWay, rest: { attention } }: Readonly<Counts>): string {
    const { total } = this;
    const { perSecond, isSteady } = this.speed(lines);
    const seconds = isSteady ? Math.ceil((total - lines) / perSecond) : undefined;
    const state = { ...{ total, lines, created, adopted, merged, underWay, attention }, perSecond, seconds };
    if (!this.stream.isTTY) return whole(state);
    const width = (this.stream.columns || 120) - 1;
    // Chosen for the longest possible line, so that the layout does not change during the import.
    const layout = layouts.find((text) => text(longest(total)).length <= width) ?? short;
    return layout(state).slice(0, width);
  }

  /**
   * The rate over the last 30 seconds, since leads that are already known go fast and would distort the estimate. It
   * starts with the first completed line: before that, the window fills and no line completes.
   */
  private speed(lines: number): { perSecond: number; isSteady: boolean } {
    if (lines === 0) return { perSecond: 0, isSteady: false };
    const at = this.now();
    const last = this.samples.at(-1);
    if (last === undefined || at - last.at >= 1_000) this.samples.push({ at, lines });
    while (this.samples.length > 1 && at - (this.samples[0]?.at ?? at) > 30_000) this.samples.shift();
    const [first = { at, lines }] = this.samples;
    const perSecond = at > first.at ? ((lines - first.lines) * 1000) / (at - first.at) : 0;
    return { perSecond, isSteady: perSecond > 0 && at - first.at >= 5_000 };
  }
}

interface State extends Record<'lines' | 'created' | 'adopted' | 'merged' | 'underWay' | 'attention', number> {
  readonly total: number;
  readonly perSecond: number;
  /** The remaining time, once it can be estimated. */
  readonly seconds: number | undefined;
}

/** Widest first. */
const layouts = [
  (state: State) => `${bar(state, 16)} ${whole(state)}`,
  (state: State) =>
    `${bar(state, 6)} ${speedOf(state)}: ${became(state, 'created', 'adopted', 'merged', 'underWay', 'attention')}`,
  (state: State) => `${bar(state, 6)} ${endOf(state)}${became(state, 'created', 'adopted', 'merged', 'attention')}`,
  short,
];

function short(state: State): string {
  return `${bar(state, 6)} ${endOf(state)}${became(state, 'attention')}`;
}

function whole(state: State): string {
  const rest = became(state, 'created', 'adopted', 'merged', 'underWay', 'attention');
  return `${number(state.lines)} of ${number(state.total)} (${speedOf(state)}) ${rest}`;
}

function speedOf({ perSecond, seconds }: State): string {
  return `${perSecond.toFixed(1)}/s${seconds === undefined ? '' : `, ${duration(seconds)} left`}`;
}

function endOf({ seconds }: State): string {
  return seconds === undefined ? '' : `${duration(seconds)} left: `;
}

type Shown = 'created' | 'adopted' | 'merged' | 'underWay' | 'attention';

function became(state: State, ...shown: readonly Shown[]): string {
  return shown.map((name) => `${name === 'underWay' ? 'waiting' : name} ${number(state[name])}`).join(', ');
}

function bar({ lines, total }: State, width: number): string {
  const full = Math.round(Math.min(1, lines / total) * width);
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
}

/** The state with the longest line to expect. */
function longest(total: number): State {
  const [tenth, quarter, hundredth] = [Math.ceil(total / 10), Math.ceil(total / 4), Math.ceil(total / 100)];
  const counts = { created: total, adopted: tenth, merged: quarter, underWay: 500, attention: hundredth };
  return { total, lines: total, ...counts, perSecond: 99.9, seconds: 59 * 60 };
}
