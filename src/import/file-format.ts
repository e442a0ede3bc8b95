import { open } from 'node:fs/promises';
import { type Encoding, textFormatOf, toUtf8 } from './encoding.js';
import { isGzip, refuseOtherKinds } from './file-kinds.js';
import type { LineFormat } from './lines.js';

const headBytes = 64 * 1024;

export async function isCompressed(path: string): Promise<boolean> {
  return isGzip(await headOf(path));
}

/**
 * Detects the encoding and the line breaks of a file from its beginning.
 *
 * @param name the file's name in messages @throws FileRefusedError if the file is not CSV
 */
export async function fileFormatOf(path: string, name: string, encoding?: Encoding): Promise<LineFormat> {
  const head = await headOf(path);
  const format = textFormatOf(head, encoding);
  const text = await textOf(head, format);
  refuseOtherKinds(name, head, text);
  return { ...format, lineEnd: lineEndOf(text) };
}

/** By the first line break that is not quoted. */
function lineEndOf(text: string): '\n' | '\r' {
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && character === '\n') return '\n';
    else if (!isQuoted && character === '\r') return /^\r+(?:\n|$)/.test(text.slice(at)) ? '\n' : '\r';
  }
  return '\n';
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function textOf(head: Buffer, format: Parameters<typeof toUtf8>[1]): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of toUtf8(only(head), format)) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

async function* only(chunk: Buffer): AsyncGenerator<Buffer> {
  yield chunk;
}
