import type { ChartMogulClient } from '../chartmogul/client.js';
import type { Sources } from '../chartmogul/sources.js';
import type { ForeignDateRule } from '../domain/journey/records.js';

/** What activities need from the worker. */
export interface Deps {
  readonly chartMogul: ChartMogulClient;
  /** Throws the `ChartMogulError` of the last lookup while the sources are unknown. */
  readonly sources: () => Sources;
  /** The account's setting for foreign dates. Default: `ask`. */
  readonly foreignDates?: ForeignDateRule;
}
