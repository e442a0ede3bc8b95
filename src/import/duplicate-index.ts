import { hash } from 'node:crypto';

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
  readonly count: number;
  /** How many of them differ from the first line of their key. */
  readonly different: number;
  /** The first lines that differ, then the first that do not. */
  readonly examples: readonly Repeat[];
  readonly lines: ReadonlySet<number>;
}

/** Finds the lines that repeat a key: a lead, or a billing customer. Keeps all keys in memory, some 150 bytes each. */
export class DuplicateIndex {
  private readonly first = new Map<string, { readonly line: number; readonly digest: string }>();
  private readonly lines = new Set<number>();
  private readonly same: Repeat[] = [];
  private readonly others: Repeat[] = [];
  private different = 0;

  /** @param mostExamples how many repeats to keep as examples */
  constructor(private readonly mostExamples: number) {}

  /** @param content all that makes two lines of a key the same */
  add(line: number, key: string, content: string): void {
    const digest = hash('sha256', content, 'base64').slice(0, 11);
    const first = this.first.get(key);
    if (first === undefined) {
      this.first.set(key, { line, digest });
      return;
    }
    const isSame = first.digest === digest;
    this.lines.add(line);
    if (!isSame) this.different += 1;
    const examples = isSame ? this.same : this.others;
    if (examples.length < this.mostExamples) examples.push({ line, of: first.line, isSame });
  }

  repeats(): Repeats {
    const { lines, different, others, same, mostExamples } = this;
    return { count: lines.size, different, examples: [...others, ...same].slice(0, mostExamples), lines };
  }
}
