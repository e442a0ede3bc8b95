/** Fields that the operator typed or needs for the next command. */
const kept = new Set(['leadId', 'workflowId', 'url']);

/**
 * Redacts e-mail addresses in all strings of a document, at any depth. They occur in notes, in notices and in the ids
 * of some billing systems, and the output is pasted into tickets.
 */
export function redactEmails<T>(document: T): T {
  return mapTexts(document, (text) =>
    text.replace(/[^\s@"'<>(),:;]+@[^\s@"'<>(),:;]+\.[^\s@"'<>(),:;]+/g, '(e-mail redacted)'),
  ) as T; // the same shape
}

/** Replaces control characters, so that text from other sources cannot control the terminal. */
export function printable<T>(document: T): T {
  return mapTexts(document, (text) => text.replace(/\p{Cc}+/gu, ' '), new Set()) as T; // the same shape
}

function mapTexts(value: unknown, change: (text: string) => string, untouched = kept): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change, untouched));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, untouched.has(key) ? item : mapTexts(item, change, untouched)]),
  );
}
