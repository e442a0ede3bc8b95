/** Fields that a person typed or needs to go on with. */
const kept = new Set(['leadId', 'workflowId', 'url']);

/**
 * Takes e-mail addresses out of all texts of a document, at any depth. They come in notes, in ids of some billing systems
 * and in notices; a timeline is pasted into tickets.
 */
export function redactEmails<T>(document: T): T {
  return mapTexts(document, (text) =>
    text.replace(/[^\s@"'<>(),:;]+@[^\s@"'<>(),:;]+\.[^\s@"'<>(),:;]+/g, '(e-mail withheld)'),
  ) as T; // the shape stays
}

/** Takes control characters out: what others wrote must not steer the terminal. */
export function printable<T>(document: T): T {
  return mapTexts(document, (text) => text.replace(/\p{Cc}+/gu, ' '), new Set()) as T; // the shape stays
}

function mapTexts(value: unknown, change: (text: string) => string, untouched = kept): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change, untouched));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, untouched.has(key) ? item : mapTexts(item, change, untouched)]),
  );
}
