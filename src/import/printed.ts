/** Trims a text, and replaces each sequence of spaces, line breaks and zero-width characters in it by one space. */
export function normalised(text: string): string {
  return text.replace(/[\s\u200b\u2060]+/g, ' ').trim();
}

/** A short text from a file for a message: control and invisible characters are escaped. */
export function printed(text: string): string {
  const escaped = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`;
  });
  return escaped.length > 60 ? `${escaped.slice(0, 60)}...` : escaped;
}
