const width = 24;
const plainLineEveryMs = 10_000;

/** A progress bar in a terminal, occasional lines elsewhere. Uses stderr, so that programs can parse stdout. */
export class Progress {
  private lastLineAt = 0;
  private lastPlain = '';

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {}

  show(line: string, share: number): void {
    if (this.stream.isTTY) {
      const filled = Math.round(Math.min(1, share) * width);
      const bar = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
      this.stream.write(`\r\u001b[2K${bar} ${line}`.slice(0, (this.stream.columns ?? 80) + 5));
      return;
    }
    if (line === this.lastPlain || Date.now() - this.lastLineAt < plainLineEveryMs) return;
    this.lastPlain = line;
    this.lastLineAt = Date.now();
    this.stream.write(`${line}\n`);
  }

  end(): void {
    if (this.stream.isTTY) this.stream.write('\r\u001b[2K');
  }
}
