import { createRequire } from 'node:module';
import countries from 'i18n-iso-countries/index.js';

// Only the English names: the package's own entry loads eighty languages.
const english = createRequire(import.meta.url)('i18n-iso-countries/langs/en.json');

let codes: ReadonlyMap<string, string> | undefined;

/**
 * The ISO 3166 code (alpha-2) of a country by its code (alpha-2 or alpha-3) or its English name, without regard to case,
 * accents and punctuation. Undefined if there is no such country.
 */
export function countryCode(text: string): string | undefined {
  codes ??= readCodes();
  return codes.get(text) ?? codes.get(keyOf(text));
}

function readCodes(): Map<string, string> {
  countries.registerLocale(english);
  const found = new Map<string, string>();
  const all = Object.entries(countries.getAlpha2Codes());
  const names = countries.getNames('en', { select: 'all' });
  // Intl has other common names, for example Moldova, Laos and Syria.
  const common = new Intl.DisplayNames('en', { type: 'region' });
  const texts = [
    ...all.map(([code]) => [code, code] as const),
    ...all.map(([code, alpha3]) => [code, alpha3] as const),
    ...all.flatMap(([code]) => (names[code] ?? []).map((name) => [code, name] as const)),
    ...all.map(([code]) => [code, common.of(code) ?? code] as const),
  ];
  for (const [code, text] of texts) if (!found.has(keyOf(text))) found.set(keyOf(text), code);
  // Most files have codes, which need no normalisation.
  for (const [code] of all) found.set(code, code);
  return found;
}

function keyOf(name: string): string {
  return name
    .normalize('NFD')
    .toLowerCase()
    .replace(/^the /, '')
    .replace(/[^\p{L}\p{N}]+/gu, '');
}
