import { setTimeout as sleep } from 'node:timers/promises';
import type { pino } from 'pino';
import type { ChartMogulClient } from './client.js';
import { ChartMogulError } from './errors.js';
import { findSources, findSourcesAgain, SourceMissingError, type SourceNames, type Sources } from './sources.js';

const firstPauseMs = 1_000;
const longestPauseMs = 60_000;
/** Sources are hardly ever made again, and until this is noticed, journeys only wait. */
const againEveryMs = 5 * 60_000;

/**
 * Looks up the UUIDs of the two sources. If ChartMogul is down or rejects the key, the worker keeps running and retries
 * the lookup. Meanwhile every request of a journey fails with the same error, so journeys wait and report why. Once they
 * are known, it looks every few minutes whether one was deleted and made again.
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
    private readonly againMs = againEveryMs,
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

  /** Tries once, and goes on in the background. @throws SourceMissingError */
  async firstLook(): Promise<void> {
    const isFound = await this.look();
    void this.goOn(isFound).catch(this.end.reject);
  }

  stop(): void {
    this.stopping.abort();
    this.end.resolve();
  }

  private async goOn(isFound: boolean): Promise<void> {
    if (!isFound) await this.keepLooking();
    while (await this.pause(this.againMs)) await this.lookAgain();
  }

  private async keepLooking(): Promise<void> {
    for (let pause = firstPauseMs; await this.pause(pause); pause = Math.min(pause * 2, longestPauseMs)) {
      if (await this.look()) return;
    }
  }

  /** Returns false if the watch was stopped. It does not keep the process alive. */
  private async pause(ms: number): Promise<boolean> {
    const { signal } = this.stopping;
    await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
    return !signal.aborted;
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

  /** Keeps the known sources if it does not find all: their journeys wait, and nothing is created for them. */
  private async lookAgain(): Promise<void> {
    const before = this.known();
    try {
      this.sources = await findSourcesAgain(this.chartMogul, this.names, before, this.stopping.signal);
      if (this.sources === before) return;
      this.log.warn({ sources: this.sources, before }, 'a data source was deleted and made again; using the new one');
    } catch (error) {
      if (error instanceof SourceMissingError) this.log.warn(`${error.message} Journeys wait until it is made again.`);
      else if (!(error instanceof ChartMogulError)) throw error; // the requests of journeys fail likewise
    }
  }
}
