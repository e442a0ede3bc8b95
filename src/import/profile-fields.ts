import { type ProfileField, profileProblem } from '../domain/journey/reports.js';
import { countryCode } from './countries.js';
import { normalised } from './printed.js';

/** A profile field to import; absent if it is invalid. */
export interface ProfileText {
  readonly text?: string;
  /** What is different from the file, and why. Never quotes the value. */
  readonly notice?: string;
  readonly hasLineBreak?: true;
}

/**
 * Reads an optional field. An invalid one is left out, since a lead without it is better than no lead. A line break
 * becomes a space; a country's name becomes its code.
 */
export function readProfileField(field: ProfileField, written: string): ProfileText {
  const hasLineBreak = /[\r\n]/.test(written);
  const lines = hasLineBreak ? { hasLineBreak: true as const } : {};
  const { text, notice } = read(field, hasLineBreak ? normalised(written) : written);
  const problem = text === undefined ? undefined : profileProblem(field, text);
  if (problem !== undefined) return { ...lines, notice: `${problem}; the field is not imported` };
  return { ...lines, ...(text !== undefined && { text }), ...(notice !== undefined && { notice }) };
}

function read(field: ProfileField, text: string): ProfileText {
  switch (field) {
    case 'country': {
      const code = countryCode(text);
      if (code !== undefined) return { text: code };
      return { notice: 'is neither an ISO 3166 code nor an English country name; the field is not imported' };
    }
    case 'email': {
      const [first = '', ...others] = addressesIn(text);
      if (others.length === 0 || profileProblem('email', first) !== undefined) return { text: first };
      return { text: first, notice: 'has several addresses; only the first is imported' };
    }
    default:
      return { text };
  }
}

/** The addresses of a field, which may be written as links or with names: `mailto:a@example.org`, `Ann <a@example.org>`. */
export function addressesIn(text: string): string[] {
  return text.split(/[,;]/).map((part) => {
    const address = part.trim().replace(/^mailto:/i, '');
    const open = address.indexOf('<');
    return open !== -1 && address.endsWith('>') ? address.slice(open + 1, -1).trim() : address;
  });
}
