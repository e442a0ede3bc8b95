import autocannon from 'autocannon';

export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  /** Requests, over all connections. */
  readonly amount: number;
  /** Requests a second, over all connections. Default: as fast as they are answered. */
  readonly rate?: number;
  /** The body of the next request. */
  next(): object;
  /** Told of each answer, and of the request that it is for. */
  onAnswer?(status: number, sent: object, answer: string): void;
}

export interface LoadResult {
  readonly perSecond: number;
  /** Milliseconds from a request to its answer. */
  readonly latencyMs: { readonly median: number; readonly p99: number; readonly max: number };
  /** How many answers had which status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Requests without an answer. */
  readonly errors: number;
}

/** Sends requests from autocannon, each with a body of its own, and waits for all answers. */
export async function sendLoad({ url, headers, connections, amount, rate, next, onAnswer }: Load): Promise<LoadResult> {
  const statuses: Record<string, number> = {};
  const began = performance.now();
  let ended = began;
  const result = await autocannon({
    ...{ url, method: 'POST', headers: { ...headers }, connections, amount, timeout: 60 },
    // Each answer counts with the time that it took, not with what a slower one before it would have meant for others.
    ...(rate !== undefined && { overallRate: rate, ignoreCoordinatedOmission: true }),
    requests: [
      {
        setupRequest(request, context) {
          const body = next();
          Object.assign(context, { body });
          return { ...request, body: JSON.stringify(body) };
        },
        onResponse(status, body, context) {
          ended = performance.now(); // autocannon itself looks at the clock once a second
          statuses[status] = (statuses[status] ?? 0) + 1;
          onAnswer?.(status, (context as { body: object }).body, body); // put there by setupRequest
        },
      },
    ],
  });
  const { p50: median, p99, max } = result.latency;
  return {
    perSecond: amount / ((ended - began) / 1000),
    latencyMs: { median, p99, max },
    statuses,
    errors: result.errors,
  };
}
