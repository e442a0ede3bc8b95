import autocannon from 'autocannon';

export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  /** Total requests over all connections. */
  readonly amount: number;
  /** Requests per second over all connections. Default: unlimited. */
  readonly rate?: number;
  /** The body of the next request. */
  next(): object;
  /** Called with the status, request and response body of each response. */
  onResponse?(status: number, sent: object, response: string): void;
}

export interface LoadResult {
  readonly perSecond: number;
  /** Milliseconds from request to response. */
  readonly latencyMs: { readonly median: number; readonly p99: number; readonly max: number };
  /** The number of responses by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Requests without a response. */
  readonly errors: number;
}

/** Sends requests with autocannon, each with its own body, and waits for all responses. */
export async function sendLoad({
  url,
  headers,
  connections,
  amount,
  rate,
  next,
  onResponse,
}: Load): Promise<LoadResult> {
  const statuses: Record<string, number> = {};
  const began = performance.now();
  let ended = began;
  const result = await autocannon({
    ...{ url, method: 'POST', headers: { ...headers }, connections, amount, timeout: 60 },
    // Latency is measured per response, without correction for coordinated omission.
    ...(rate !== undefined && { overallRate: rate, ignoreCoordinatedOmission: true }),
    requests: [
      {
        setupRequest(request, context) {
          const body = next();
          Object.assign(context, { body });
          return { ...request, body: JSON.stringify(body) };
        },
        onResponse(status, body, context) {
          ended = performance.now(); // autocannon's own clock has a resolution of one second
          statuses[status] = (statuses[status] ?? 0) + 1;
          onResponse?.(status, (context as { body: object }).body, body); // set by setupRequest
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
