/** Invisible characters that get into ids from web pages and documents. */
const characterNames: Readonly<Record<string, string>> = {
  ' ': 'a space',
  '\t': 'a tab',
  '\u00a0': 'a no-break space',
  '\u00ad': 'a soft hyphen',
  '\u200b': 'a zero-width space',
  '\u200c': 'a zero-width non-joiner',
  '\u200d': 'a zero-width joiner',
  '\u200e': 'a left-to-right mark',
  '\u200f': 'a right-to-left mark',
  '\u202f': 'a narrow no-break space',
  '\u2060': 'a word joiner',
  '\ufeff': 'a byte order mark',
};

/** Forms in which spreadsheets save ids that they took for numbers or formulas. */
const damages: readonly (readonly [RegExp, string])[] = [
  [/^[-+]?\d+(?:[.,]\d+)?E\+\d+$/i, 'is a number in scientific notation, so digits are lost'],
  [/^-?\d+[.,]0+$/, 'is a number with a decimal point'],
  [/^="?/, 'begins with =, as a formula'],
  [/^'/, "begins with ', which spreadsheets use to mark text"],
  [/^#+$/, 'consists of #, for a number that did not fit into its column'],
];

const fix = 'export the ids as text (in a spreadsheet: format the column as text before the data is loaded)';

/**
 * What a spreadsheet or a web page did to an id, or undefined. These rules are for files only: an id that an application
 * reports may have any form.
 */
export function idDamage(id: string): string | undefined {
  const [, damage] = damages.find(([form]) => form.test(id)) ?? [];
  if (damage !== undefined) return `${damage}; ${fix}`;
  const [outer] = /^\s|\s$/u.exec(id) ?? [];
  if (outer !== undefined) return `${id.startsWith(outer) ? 'begins' : 'ends'} with ${named(outer)}`;
  // Format characters, which include all bidirectional controls, and spaces other than the usual one.
  const [hidden] = /\p{Cf}|(?! )\p{Zs}/u.exec(id) ?? [];
  return hidden === undefined ? undefined : `contains ${named(hidden)}, which is invisible`;
}

function named(character: string): string {
  const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  const name = characterNames[character];
  return name === undefined ? code : `${name} (${code})`;
}
