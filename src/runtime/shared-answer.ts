/**
 * Returns a function that asks at most once per period. Concurrent callers share one call, and later callers get its
 * answer, or its error, until `periodMs` after it arrived.
 */
export function sharedAnswer<Answer>(periodMs: number, ask: () => Promise<Answer>): () => Promise<Answer> {
  let known: Promise<Answer> | undefined;
  return () => {
    if (known !== undefined) return known;
    const asked = ask();
    known = asked;
    const forget = () => {
      setTimeout(() => {
        known = undefined;
      }, periodMs).unref();
    };
    asked.then(forget, forget);
    return asked;
  };
}
