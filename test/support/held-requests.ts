import { openWire, type Passing } from '../../tools/drill/wire.js';
import { type Stage, workerOf } from './journeys.js';

type Ending = 'forward' | 'drop' | 'drop-all';

/** A request that a proxy holds on its way to ChartMogul. */
export interface HeldRequest {
  /** Settles when the request has arrived and is held. */
  readonly arrived: Promise<void>;
  /**
   * Forwards the request to ChartMogul, or drops it, so that the worker sees a broken connection. After `drop-all`, the
   * worker does not get any request through, so that it cannot complete its activity before it stops.
   */
  end(how: Ending): void;
}

/**
 * Holds the first request whose `METHOD /path` begins with the pattern; all others pass. Replaces the worker that sends
 * the stage's requests, so call it before the journey is started.
 *
 * @param skip how many such requests pass before
 */
export async function holdRequest(stage: Stage, pattern: string, skip = 0): Promise<HeldRequest> {
  const arrived = deferred<void>();
  const ended = deferred<Ending>();
  let count = 0;
  let isCut = false;
  const wire = await openWire({
    upstream: stage.sandbox.url,
    async onRequest({ method, path }: Passing) {
      if (isCut) return 'reset';
      if (!`${method} ${path}`.startsWith(pattern)) return undefined;
      count += 1;
      if (count !== skip + 1) return undefined;
      arrived.resolve();
      return (await ended.promise) === 'forward' ? undefined : 'reset';
    },
  });
  stage.worker.release();
  await stage.worker.ended;
  stage.worker = await workerOf(
    { ...stage.config, chartMogul: { ...stage.config.chartMogul, url: wire.url } },
    stage.server,
  );
  const { close } = stage;
  stage.close = async () => {
    ended.resolve('drop');
    stage.worker.release();
    await wire.close(); // cuts what still hangs, so that the worker need not wait for it
    await close();
  };
  return {
    arrived: arrived.promise,
    end(how) {
      isCut = how === 'drop-all';
      ended.resolve(how);
    },
  };
}

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
