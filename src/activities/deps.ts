import type { ChartMogulClient } from '../chartmogul/client.js';
import type { Sources } from '../chartmogul/sources.js';

/** What activities need from the worker. */
export interface Deps {
  readonly chartMogul: ChartMogulClient;
  /** Throws the `ChartMogulError` of the last look-up while the sources are not known yet. */
  readonly sources: () => Sources;
}
