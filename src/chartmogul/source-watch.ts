import { setTimeout as sleep } from 'node:timers/promises';
import type { pino } from 'pino';
import type { ChartMogulClient } from './client.js';
import { ChartMogulError } from './errors.js';
import { findSources, type SourceNames, type Sources } from './sources.js';

const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

/**
 * Looks up the UUIDs of the two sources. If ChartMogul is down or rejects the key, the worker keeps running and retries
 * the lookup. Meanwhile every request of a journey fails with the same error, so journeys wait and report why.
 */
export class SourceWatch {
  /** Rejects with `SourceMissingError` if ChartMogul answers and the account has no such source. */
  readonly ended: Promise<void>;
  private sources: Sources | undefined;
  private error = new ChartMogulError('the data sources have not been looked up yet', { kind: 'unavailable' });
  private readonly stopping = new AbortController();
  private end: { resolve: () => void; reject: (error: unknown) => void } = { resolve() {}, reject() {} };

  constructor(
    private readonly chartMogul: ChartMogulClient,
    private readonly names: SourceNames,
    private readonly log: pino.Logger,
  ) {
    this.ended = new Promise((resolve, reject) => {
      this.end = { resolve, reject };
    });
  }

  get areKnown(): boolean {
    return this.sources !== undefined;
  }

  /** The sources, or the error of the last lookup. @throws ChartMogulError */
  known(): Sources {
    if (this.sources === undefined) throw this.error;
    return this.sources;
  }

  /** Tries once, and retries in the background if ChartMogul does not answer. @throws SourceMissingError */
  async firstLook(): Promise<void> {
    if (!(await this.look())) void this.keepLooking().catch(this.end.reject);
  }

  stop(): void {
    this.stopping.abort();
    this.end.resolve();
  }

  private async keepLooking(): Promise<void> {
    for (let pause = firstPauseMs; !this.stopping.signal.aborted; pause = Math.min(pause * 2, longestPauseMs)) {
      await sleep(pause, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      if (await this.look()) return;
    }
  }

  private async look(): Promise<boolean> {
    try {
      this.sources = await findSources(this.chartMogul, this.names, this.stopping.signal);
      this.log.info({ sources: this.sources }, 'data sources found');
      return true;
    } catch (error) {
      if (this.stopping.signal.aborted) return true;
      if (!(error instanceof ChartMogulError)) throw error;
      this.error = error;
      const { kind, status } = error;
      this.log.warn({ kind, status }, 'data sources not found yet; journeys wait, retrying');
      return false;
    }
  }
}
