import { z } from 'zod';

type Groups = Readonly<Record<string, string | undefined>>;

/** The format of one list entry, and its parser. */
interface Entry<Value> {
  readonly form: string;
  read(text: string): Value | undefined;
}

export function entry<Value>(form: string, pattern: RegExp, read: (groups: Groups) => Value | undefined): Entry<Value> {
  return {
    form,
    read: (text) => {
      const match = pattern.exec(text);
      return match ? read(match.groups ?? {}) : undefined;
    },
  };
}

/** Entries separated by commas or white space. Errors give the position, not the entry: entries contain secrets. */
export function listOf<Value>({ form, read }: Entry<Value>) {
  return z.string().transform((list, { issues }) => {
    const entries = list.split(/[\s,]+/).filter((part) => part !== '');
    return entries.flatMap((part, index) => {
      const value = read(part);
      if (value !== undefined) return [value];
      issues.push({
        code: 'custom',
        message: `has an invalid entry ${index + 1}: it must be ${form}`,
        input: undefined,
      });
      return [];
    });
  });
}
