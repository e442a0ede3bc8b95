import type { ChartMogulClient } from '../chartmogul/client.js';

/** The UUIDs of the two sources of an account. They are equal where customers are imported through ChartMogul's API. */
export interface Sources {
  readonly leads: string;
  readonly billing: string;
}

/** What activities need from the worker. */
export interface Deps {
  readonly chartMogul: ChartMogulClient;
  /** Throws the `ChartMogulError` of the last look-up while the sources are not known yet. */
  readonly sources: () => Sources;
}
