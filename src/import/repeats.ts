import { hash } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Two lines of one lead, or of one billing customer. */
export interface Repeat {
  readonly line: number;
  /** The first line of the same. */
  readonly of: number;
  /** Whether both give the same dates and customers; of a customer: whether both are of one lead. */
  readonly isSame: boolean;
}

const bucketCount = 256;
const entryBytes = 16;
const bufferBytes = 1024 * entryBytes;

/**
 * Finds the lines that repeat a lead, or a billing customer, for any number of them, in flat memory: 16 bytes a line, sorted by a hash into
 * 256 buckets, which overflow into files of the folder; then one bucket after the other is looked through. Two leads are
 * taken for one only if 59 bits of SHA-256 agree, and even then all that is wrong is the count.
 */
export class Repeats {
  private readonly buckets = Array.from({ length: bucketCount }, () => ({
    buffer: Buffer.alloc(0),
    used: 0,
    spilt: 0,
  }));

  /** @param what whose lines they are; names the files in the folder */
  constructor(
    private readonly folder: string,
    private readonly what: 'leads' | 'customers' = 'leads',
  ) {}

  /**
   * @param key the lead, or the billing customer
   * @param says all that makes two lines of it say the same
   */
  add(line: number, key: string, says: string): void {
    const id = digest(key);
    const number = id.charCodeAt(0);
    const bucket = this.buckets[number];
    if (!bucket) return;
    if (bucket.used === bucket.buffer.length) this.makeRoom(bucket, number);
    bucket.buffer.write(id.slice(1, 9), bucket.used, 'latin1');
    bucket.buffer.writeUInt32LE(line, bucket.used + 8);
    bucket.buffer.write(digest(says).slice(0, 4), bucket.used + 12, 'latin1');
    bucket.used += entryBytes;
  }

  *all(): Generator<Repeat> {
    for (const [number, { buffer, used, spilt }] of this.buckets.entries()) {
      const before = spilt > 0 ? readFileSync(this.file(number)) : Buffer.alloc(0);
      yield* repeatsIn(Buffer.concat([before, buffer.subarray(0, used)]));
    }
  }

  private makeRoom(bucket: { buffer: Buffer; used: number; spilt: number }, number: number): void {
    if (bucket.used > 0) {
      appendFileSync(this.file(number), bucket.buffer, { mode: 0o600 });
      bucket.spilt += bucket.used;
    } else bucket.buffer = Buffer.alloc(bufferBytes);
    bucket.used = 0;
  }

  private file(number: number): string {
    return join(this.folder, `${this.what}-${number}`);
  }
}

/** SHA-256 as a string of bytes: millions of small buffers would lie about in memory until the next great collection. */
function digest(text: string): string {
  return hash('sha256', text, 'binary');
}

function* repeatsIn(entries: Buffer): Generator<Repeat> {
  const first = new Map<number, number>();
  for (let at = 0; at < entries.length; at += entryBytes) {
    const id = entries.readUIntLE(at, 6) * 8 + (entries.readUInt8(at + 6) & 7);
    const before = first.get(id);
    if (before === undefined) first.set(id, at);
    else {
      const isSame = entries.readUInt32LE(at + 12) === entries.readUInt32LE(before + 12);
      yield { line: entries.readUInt32LE(at + 8), of: entries.readUInt32LE(before + 8), isSame };
    }
  }
}

/** Numbers of lines, one bit each. */
export class LineSet {
  private bits = new Uint8Array(1024);

  add(line: number): void {
    const at = line >> 3;
    if (at >= this.bits.length) {
      const larger = new Uint8Array(Math.max(at + 1, this.bits.length * 2));
      larger.set(this.bits);
      this.bits = larger;
    }
    this.bits[at] = (this.bits[at] ?? 0) | (1 << (line & 7));
  }

  has(line: number): boolean {
    return ((this.bits[line >> 3] ?? 0) & (1 << (line & 7))) !== 0;
  }
}
