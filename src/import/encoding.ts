import { FileRefusedError } from './file-refused.js';

/** The encodings of files that can be imported. */
export const encodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const;
export type Encoding = (typeof encodings)[number];

/** How the text of a file is encoded. */
export interface TextFormat {
  readonly encoding: Encoding;
  /** The byte order mark at the beginning, which may be empty. */
  readonly mark: Buffer;
}

const aliases: Readonly<Record<string, Encoding>> = {
  utf8: 'utf-8',
  utf16: 'utf-16le',
  utf16le: 'utf-16le',
  utf16be: 'utf-16be',
  windows1252: 'windows-1252',
  cp1252: 'windows-1252',
  latin1: 'windows-1252', // what web browsers and Excel mean by it
  iso88591: 'windows-1252',
  ansi: 'windows-1252',
};

/** Reads the name of an encoding. @throws FileRefusedError */
export function readEncoding(name: string): Encoding {
  const encoding = aliases[name.toLowerCase().replace(/[-_ ]/g, '')];
  if (encoding === undefined) throw new FileRefusedError(`Invalid --encoding: use one of ${encodings.join(', ')}.`);
  return encoding;
}

const marks: readonly (readonly [Encoding, string])[] = [
  ['utf-8', 'efbbbf'],
  ['utf-16le', 'fffe'],
  ['utf-16be', 'feff'],
];

/** Detects UTF-8 and UTF-16, with or without a byte order mark. Everything else counts as UTF-8, line by line. */
export function textFormatOf(head: Buffer, chosen?: Encoding): TextFormat {
  const hex = head.subarray(0, 3).toString('hex');
  const [marked, mark = ''] = marks.find(([, bytes]) => hex.startsWith(bytes)) ?? [];
  const encoding = chosen ?? marked ?? utf16Of(head) ?? 'utf-8';
  return { encoding, mark: encoding === marked ? head.subarray(0, mark.length / 2) : Buffer.alloc(0) };
}

/** In UTF-16, every second byte of the delimiters, digits and Latin letters is zero. No text in UTF-8 has a zero. */
function utf16Of(head: Buffer): Encoding | undefined {
  const zeros = [0, 0];
  for (const [at, byte] of head.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (odd > head.length / 8 && odd > even * 10) return 'utf-16le';
  return even > head.length / 8 && even > odd * 10 ? 'utf-16be' : undefined;
}

/** The bytes of a text. Decoding them gives the text again. */
export function encode(text: string, encoding: Encoding): Buffer {
  switch (encoding) {
    case 'utf-8':
      return Buffer.from(text, 'utf8');
    case 'utf-16le':
      return Buffer.from(text, 'utf16le');
    case 'utf-16be':
      return Buffer.from(text, 'utf16le').swap16();
    case 'windows-1252':
      return Buffer.from(Array.from(text, (character) => byteOf(character)).join(''), 'latin1');
  }
}

/**
 * Transcodes a file to UTF-8 without byte order mark. UTF-8 is passed on unchanged, whether or not it is valid. A half
 * character at the end of UTF-16 becomes U+FFFD.
 */
export async function* toUtf8(chunks: AsyncIterable<Buffer>, { encoding, mark }: TextFormat): AsyncGenerator<Buffer> {
  let skip = mark.length;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const skipped = Math.min(skip, chunk.length);
    skip -= skipped;
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk.subarray(skipped)]) : chunk.subarray(skipped);
    const whole = encoding.startsWith('utf-16') ? wholeUtf16(bytes, encoding) : bytes.length;
    rest = bytes.subarray(whole);
    yield transcoded(bytes.subarray(0, whole), encoding);
  }
  if (rest.length > 0) yield Buffer.from('\ufffd');
}

function transcoded(bytes: Buffer, encoding: Encoding): Buffer {
  switch (encoding) {
    case 'utf-8':
      return bytes;
    case 'utf-16le':
      return Buffer.from(bytes.toString('utf16le'), 'utf8');
    case 'utf-16be':
      return Buffer.from(Buffer.from(bytes).swap16().toString('utf16le'), 'utf8');
    case 'windows-1252':
      return Buffer.from(
        bytes.toString('latin1').replace(/[\x80-\x9f]/g, (character) => upper[character.charCodeAt(0) - 0x80] ?? ''),
        'utf8',
      );
  }
}

/** The length without half a character or half a surrogate pair at the end. */
function wholeUtf16(bytes: Buffer, encoding: Encoding): number {
  const even = bytes.length - (bytes.length % 2);
  if (even === 0) return 0;
  const high = bytes[encoding === 'utf-16le' ? even - 1 : even - 2] ?? 0;
  return high >= 0xd8 && high <= 0xdb ? even - 2 : even;
}

/** Windows-1252 from 0x80 to 0x9f, by the WHATWG encoding standard. Node's own decoder takes these for Latin-1. */
const upper = [
  ...'\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f',
  ...'\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178',
];
const upperBytes = new Map(upper.map((character, index) => [character, String.fromCharCode(0x80 + index)]));

function byteOf(character: string): string {
  return upperBytes.get(character) ?? (character.charCodeAt(0) < 0x100 ? character : '?');
}
