import { randomBytes, randomInt } from 'node:crypto';

// ChartMogul's customers and data sources have version-1 (time-based) UUIDs, with a prefix for the type.

/** 100 ns steps between 1582-10-15, the epoch of version 1, and 1970. */
const epochOffset = 122_192_928_000_000_000n;
const variantBit = 0x8000;
const multicastBit = 0x01;

const clockSequence = randomInt(0x4000) | variantBit;
const node = randomBytes(6);
node[0] = (node[0] ?? 0) | multicastBit; // RFC 9562: marks a random node id that is not a network card's
let lastTicks = 0n;

/** A new UUID of version 1 with ChartMogul's prefix, e.g. `cus_a6419014-00e0-11f0-aa38-fbbbea2b6c72`. */
export function timeUuid(prefix: 'ds' | 'cus' | 'con' | 'pl'): string {
  const now = BigInt(Date.now()) * 10_000n + epochOffset;
  lastTicks = now > lastTicks ? now : lastTicks + 1n;
  const ticks = lastTicks.toString(16).padStart(15, '0');
  const [low, mid, high] = [ticks.slice(7), ticks.slice(3, 7), ticks.slice(0, 3)];
  return `${prefix}_${low}-${mid}-1${high}-${clockSequence.toString(16)}-${node.toString('hex')}`;
}
