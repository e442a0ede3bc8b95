/** One bit for each expected lead, as a base64 text. 100,000 leads: 17 kB. */
export class Bits {
  private constructor(private readonly bytes: Uint8Array) {}

  static of(size: number, text?: string): Bits {
    const bits = new Bits(new Uint8Array(Math.ceil(size / 8)));
    if (text !== undefined) bits.bytes.set(Buffer.from(text, 'base64').subarray(0, bits.bytes.length));
    return bits;
  }

  has(index: number): boolean {
    return ((this.bytes[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }

  set(index: number, value: boolean): void {
    const mask = 1 << (index & 7);
    const byte = this.bytes[index >> 3] ?? 0;
    this.bytes[index >> 3] = value ? byte | mask : byte & ~mask;
  }

  /** How many bits are set. */
  count(): number {
    let count = 0;
    for (let at = 0; at < this.bytes.length * 8; at += 1) if (this.has(at)) count += 1;
    return count;
  }

  toString(): string {
    return Buffer.from(this.bytes).toString('base64');
  }
}
