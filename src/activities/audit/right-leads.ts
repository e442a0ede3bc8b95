import type { ExpectedLeads } from './expected-leads.js';

/** Leads in a group: so many are read singly if one of them is forgotten by Temporal during the audit. */
const leadsOfGroup = 64;
const bytesBeforeBits = 5;

/**
 * Which expected leads a list has shown to be right: one bit for each. Written as a text for the next part of the audit,
 * which another worker may carry out. Its expected leads may differ, since Temporal forgets ended journeys meanwhile. So
 * the bits are written in groups, each with a fingerprint of its leads, and a group with other leads is read as not right.
 * 100,000 leads: 30 kB.
 */
export class RightLeads {
  private readonly bits: Uint8Array;

  private constructor(
    private readonly expected: ExpectedLeads,
    /** How many bits of a lead's hash are the number of its group. */
    private readonly depth: number,
  ) {
    this.bits = new Uint8Array(expected.ids.length);
  }

  /** @param text of an earlier part; absent: no lead is right */
  static read(expected: ExpectedLeads, text?: string): RightLeads {
    const bytes = Buffer.from(text ?? '', 'base64');
    if (bytes.length === 0) return new RightLeads(expected, depthOf(expected.ids.length));
    const right = new RightLeads(expected, bytes.readUInt8(0));
    right.readGroups(bytes);
    return right;
  }

  has(at: number): boolean {
    return this.bits[at] === 1;
  }

  set(at: number, isRight: boolean): void {
    this.bits[at] = isRight ? 1 : 0;
  }

  count(): number {
    return this.bits.reduce((sum, bit) => sum + bit, 0);
  }

  toString(): string {
    const { expected, depth } = this;
    const written = expected.groups(depth).map(({ from, to, fingerprint }) => {
      const group = Buffer.alloc(bytesBeforeBits + Math.ceil((to - from) / 8));
      group.writeUInt32LE(fingerprint, 0);
      group.writeUInt8(group.length - bytesBeforeBits, 4);
      for (let at = from; at < to; at += 1) {
        const place = bytesBeforeBits + ((at - from) >> 3);
        if (this.has(at)) group[place] = (group[place] ?? 0) | (1 << ((at - from) & 7));
      }
      return group;
    });
    return Buffer.concat([Buffer.of(depth), ...written]).toString('base64');
  }

  private readGroups(bytes: Buffer): void {
    let place = 1;
    for (const { from, to, fingerprint } of this.expected.groups(this.depth)) {
      const isSame = bytes.readUInt32LE(place) === fingerprint;
      const first = place + bytesBeforeBits;
      for (let at = from; isSame && at < to; at += 1) {
        const byte = bytes[first + ((at - from) >> 3)] ?? 0;
        this.set(at, (byte & (1 << ((at - from) & 7))) !== 0);
      }
      place = first + bytes.readUInt8(place + 4);
    }
  }
}

function depthOf(leads: number): number {
  return Math.max(0, Math.ceil(Math.log2(leads / leadsOfGroup)));
}
