import type { ChartMogulClient } from '../chartmogul/client.js';
import type { Sources } from '../chartmogul/sources.js';
import type { AccountSettings } from './records.js';

/** What activities need from the worker. */
export interface Deps {
  readonly chartMogul: ChartMogulClient;
  /** Throws the `ChartMogulError` of the last lookup while the sources are unknown. */
  readonly sources: () => Sources;
  readonly settings?: AccountSettings;
}
