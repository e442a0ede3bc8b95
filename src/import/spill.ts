import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** The size of the texts in memory, in characters; more of them are written to files. */
const mostInMemory = 1_000_000;

/** Numbered lists of texts, in bounded memory: they go to files in a folder once they are too large. */
export class Spill {
  private readonly held = new Map<number, string>();
  private size = 0;

  /** @param path the beginning of the files' paths */
  constructor(private readonly path: string) {}

  /** @param text without line breaks */
  add(list: number, text: string): void {
    this.held.set(list, `${this.held.get(list) ?? ''}${text}\n`);
    this.size += text.length + 1;
    if (this.size > mostInMemory) this.flush();
  }

  /** The texts of one list, in the order in which they were added. */
  read(list: number): string[] {
    const file = this.file(list);
    const text = (existsSync(file) ? readFileSync(file, 'utf8') : '') + (this.held.get(list) ?? '');
    return text === '' ? [] : text.slice(0, -1).split('\n');
  }

  private flush(): void {
    for (const [list, text] of this.held) appendFileSync(this.file(list), text, { mode: 0o600 });
    this.held.clear();
    this.size = 0;
  }

  private file(list: number): string {
    return `${this.path}-${list}`;
  }
}
