import { hash } from 'node:crypto';
import { join } from 'node:path';
import { LineSet } from './line-set.js';
import { Spill } from './spill.js';

/** Two lines of one lead, or of one billing customer. */
export interface Repeat {
  readonly line: number;
  /** The first line of the same. */
  readonly of: number;
  /** Whether both give the same dates and customers; for a customer: whether both name one lead. */
  readonly isSame: boolean;
}

/** The lines of a file that repeat a key. */
export interface Repeats {
  /** Different keys. */
  readonly keys: number;
  readonly count: number;
  /** How many of them differ from the first line of their key. */
  readonly different: number;
  /** The first lines that differ, then the first that do not. */
  readonly examples: readonly Repeat[];
  /** All lines of the keys that have several. */
  readonly lines: LineSet;
  /** Keys with at least one owner, and those with several. */
  readonly owned: number;
  readonly severalOwners: { readonly count: number; readonly examples: readonly SeveralOwners[] };
}

/** A key with several owners: its line with the first owner, and its first line with another one. */
export interface SeveralOwners {
  readonly line: number;
  readonly of: number;
}

/** Each is compared in memory as a whole; with so many, a file of 10 million lines needs 40,000 entries at a time. */
const lists = 256;

/**
 * Finds the lines that repeat a key: a lead, whose owners are billing customers, or a billing customer. Keeps hashes of
 * 53 bits instead of texts, in a {@link Spill}, so its memory does not grow with the file except for one bit a line.
 */
export class LeadIndex {
  private readonly spill: Spill;

  /** @param mostExamples how many repeats to keep as examples */
  constructor(
    folder: string,
    name: string,
    private readonly mostExamples: number,
  ) {
    this.spill = new Spill(join(folder, name));
  }

  /**
   * All but the line as {@link hashOf} them.
   *
   * @param content all that makes two lines of a key the same
   */
  add(line: number, key: number, content: number, owner = 0): void {
    this.spill.add(key % lists, `${key} ${line} ${content} ${owner}`);
  }

  repeats(): Repeats {
    const { mostExamples } = this;
    const same = new Earliest<Repeat>(mostExamples);
    const others = new Earliest<Repeat>(mostExamples);
    const severalOwners = new Earliest<SeveralOwners>(mostExamples);
    const lines = new LineSet();
    let [keys, owned] = [0, 0];
    for (let list = 0; list < lists; list += 1) {
      const firsts = new Map<number, First>();
      for (const entry of this.spill.read(list)) {
        const [key = 0, line = 0, content = 0, owner = 0] = entry.split(' ').map(Number);
        const first = firsts.get(key);
        if (first === undefined) firsts.set(key, { line, content, owner, ownerLine: line, hasOthers: false });
        else {
          lines.add(first.line);
          lines.add(line);
          const isSame = first.content === content;
          (isSame ? same : others).add({ line, of: first.line, isSame });
          if (first.owner === 0) Object.assign(first, { owner, ownerLine: line });
          else if (owner !== 0 && owner !== first.owner && !first.hasOthers) {
            first.hasOthers = true;
            severalOwners.add({ line, of: first.ownerLine });
          }
        }
      }
      keys += firsts.size;
      for (const { owner } of firsts.values()) if (owner !== 0) owned += 1;
    }
    return {
      ...{ keys, lines, owned, severalOwners: { count: severalOwners.count, examples: severalOwners.items } },
      count: same.count + others.count,
      different: others.count,
      examples: [...others.items, ...same.items].slice(0, mostExamples),
    };
  }
}

interface First {
  readonly line: number;
  readonly content: number;
  owner: number;
  ownerLine: number;
  hasOthers: boolean;
}

/** Counts items and keeps the first of them by line. */
class Earliest<T extends { readonly line: number }> {
  count = 0;
  items: T[] = [];

  constructor(private readonly most: number) {}

  add(item: T): void {
    this.count += 1;
    const last = this.items.at(-1);
    if (this.items.length >= this.most && last !== undefined && last.line < item.line) return;
    this.items = [...this.items, item].sort((one, other) => one.line - other.line).slice(0, this.most);
  }
}

/** 53 bits of a text's hash, which are exact in a number and never 0. */
export function hashOf(text: string): number {
  const digest = hash('sha256', text, 'buffer');
  return digest.readUIntBE(0, 6) * 32 + (digest.readUInt8(6) & 31) || 1;
}
