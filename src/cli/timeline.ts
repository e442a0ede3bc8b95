import type { Instant } from '../domain/journey/instant.js';
import { searchAttributes } from '../workflows/search-attributes.js';
import type { End, Happening } from './history.js';
import { describeMessage, describeResult } from './wording.js';

/** One line of a journey's story. */
export interface TimelineEntry {
  readonly at: Instant;
  /** When a request was answered, or a pause is or was over; with `times`, that of the last repetition. */
  readonly until?: Instant;
  readonly kind: 'report' | 'operator' | 'request' | 'pause' | 'attention' | 'run';
  readonly text: string;
  /** What became of it. Absent while it is under way. */
  readonly outcome?: string;
  /** Whether the outcome is what one hopes for. */
  readonly isGood?: boolean;
  /** Attempts of a request. Absent while it is under way: Temporal records them with the last one. */
  readonly attempts?: number;
  /** On a pause: it and what follows, up to the next pause, came so often in a row, until `until`. */
  readonly times?: number;
}

/** Tells what happened to a journey, oldest first, as a person would. */
export function timelineOf(happenings: readonly Happening[], options: TimelineOptions = {}): TimelineEntry[] {
  const entries: Open[] = [];
  const open = new Map<string, Open>();
  for (const happening of happenings) tell(happening, { entries, open, options });
  return foldRepetitions(entries);
}

export interface TimelineOptions {
  /** Tell names, e-mail addresses and the like, which ride in reports. Default: only that there are some. */
  readonly withProfile?: boolean;
}

/** An entry that may still be waiting for its outcome. */
type Open = { -readonly [key in keyof TimelineEntry]: TimelineEntry[key] } & { activity?: string };

interface Telling {
  readonly entries: Open[];
  readonly open: Map<string, Open>;
  readonly options: TimelineOptions;
}

function tell(happening: Happening, { entries, open, options }: Telling): void {
  const { at } = happening;
  switch (happening.what) {
    case 'started':
      entries.push({ at, kind: 'run', text: happening.isContinued ? 'goes on in a new run' : 'started' });
      return;
    case 'signalled':
    case 'updated':
      entries.push({ at, ...describeMessage(happening, at, options) });
      return;
    case 'requested': {
      const { activity, summary = activity } = happening;
      const entry: Open = { at, kind: 'request', text: uncapitalized(summary), activity };
      entries.push(entry);
      open.set(happening.id, entry);
      return;
    }
    case 'attempted':
      change(open.get(happening.request), { attempts: happening.attempt });
      return;
    case 'answered': {
      const entry = open.get(happening.request);
      change(entry, { until: at, ...describeResult(entry?.activity ?? '', happening.result) });
      return;
    }
    case 'failed': {
      const entry = open.get(happening.request);
      // The message begins with the step, which the line names already.
      const outcome = happening.message.replace(`${entry?.activity}: `, '');
      change(entry, { until: at, outcome, isGood: false });
      return;
    }
    case 'interrupted':
      change(open.get(happening.request), { until: at, outcome: 'interrupted' });
      return;
    case 'pausing': {
      const entry: Open = {
        at,
        until: happening.until,
        kind: 'pause',
        text: uncapitalized(happening.summary ?? 'pause'),
      };
      entries.push(entry);
      open.set(happening.id, entry);
      return;
    }
    case 'resumed':
      change(open.get(happening.pause), { until: at, outcome: happening.how === 'fired' ? 'over' : 'ended early' });
      return;
    case 'shown':
      tellAttention(at, happening.attributes, entries);
      return;
    case 'stuck':
      entries.push({
        at,
        kind: 'attention',
        text: `the journey's own code failed, Temporal tries again: ${happening.message}`,
        isGood: false,
      });
      return;
    case 'ended':
      if (happening.how !== 'continued')
        entries.push({ at, kind: 'run', ...describeEnd(happening.how, happening.message) });
      return;
  }
}

/** An outcome never changes: an interrupted request may still be answered, and nobody listens any more. */
function change(entry: Open | undefined, changes: Partial<Open>): void {
  if (entry && entry.outcome === undefined) Object.assign(entry, changes);
}

function tellAttention(at: Instant, attributes: Readonly<Record<string, unknown>>, entries: Open[]): void {
  const { name } = searchAttributes.attention;
  if (!Object.hasOwn(attributes, name)) return;
  const code = attributes[name];
  if (typeof code === 'string') entries.push({ at, kind: 'attention', text: `attention: ${code}`, isGood: false });
  else entries.push({ at, kind: 'attention', text: 'attention is over', isGood: true });
}

function uncapitalized(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function describeEnd(how: End, message: string | undefined): Pick<TimelineEntry, 'text' | 'isGood'> {
  if (how === 'completed') return { text: 'ended', isGood: true };
  return { text: message ? `${how}: ${message}` : how, isGood: false };
}

/** The hourly tries of the slow lane, told once: a pause and what follows it, if it only repeats the pause before. */
function foldRepetitions(entries: readonly Open[]): TimelineEntry[] {
  const told: Open[] = [];
  let previous: Open[] = [];
  for (const part of splitAtPauses(entries)) {
    const [pause] = previous;
    const last = part.at(-1);
    if (pause?.kind === 'pause' && last && looks(part) === looks(previous)) {
      pause.times = (pause.times ?? 1) + 1;
      pause.until = last.until ?? last.at;
    } else {
      told.push(...part);
      previous = part;
    }
  }
  return told.map(({ activity, ...entry }) => entry);
}

function splitAtPauses(entries: readonly Open[]): Open[][] {
  const parts: Open[][] = [[]];
  for (const entry of entries) {
    if (entry.kind === 'pause') parts.push([]);
    parts.at(-1)?.push(entry);
  }
  return parts;
}

function looks(part: readonly Open[]): string {
  return JSON.stringify(part.map(({ kind, text, outcome, attempts }) => [kind, text, outcome, attempts]));
}
