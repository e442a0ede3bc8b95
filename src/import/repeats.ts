import { hash } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Two lines of one lead, or of one billing customer. */
export interface Repeat {
  readonly line: number;
  /** The first line of the same lead or customer. */
  readonly of: number;
  /** For a lead: whether the dates and customers of both lines match. For a customer: whether the leads match. */
  readonly isSame: boolean;
}

const bucketCount = 256;
const entryBytes = 16;
const bufferBytes = 1024 * entryBytes;

/**
 * Finds the lines that repeat a lead or a billing customer, for any number of lines, in constant memory. Each line
 * takes 16 bytes in one of 256 buckets, chosen by a hash. Buckets overflow into files in the folder and are searched
 * one after the other. Two leads count as one only if 59 bits of SHA-256 match, and even then only the count is wrong.
 */
export class Repeats {
  private readonly buckets = Array.from({ length: bucketCount }, () => ({
    buffer: Buffer.alloc(0),
    used: 0,
    spilt: 0,
  }));

  /** @param what the kind of key; part of the file names in the folder */
  constructor(
    private readonly folder: string,
    private readonly what: 'leads' | 'customers' = 'leads',
  ) {}

  /**
   * @param key the lead or the billing customer
   * @param says the content to compare with other lines of the same key
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

/** SHA-256 as a binary string: millions of small buffers would stay in memory until the next major collection. */
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

/** A set of line numbers, one bit each. */
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
