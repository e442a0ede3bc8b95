import type { Exchange } from '../../../packages/chartmogul-sandbox/src/index.js';

/** A successful request of a lead, or the floor activity in its place. The floor has no lookups. */
export type RequestEvent = 'created' | 'updated' | 'lookup';

/** Lets the benchmark wait for the requests of a lead without querying its workflow. */
export class RequestEvents {
  private readonly waiting = new Map<string, (at: number) => void>();
  private readonly past = new Map<string, number>();
  private readonly leadIds = new Map<string, string>();

  /**
   * Waits for the next event of this kind and removes it.
   *
   * @param id the external id in a lookup, otherwise the lead id
   * @returns the time of the event, as from `performance.now()`
   */
  async waitFor(id: string, event: RequestEvent): Promise<number> {
    const key = `${id} ${event}`;
    const at = this.past.get(key) ?? (await new Promise<number>((resolve) => this.waiting.set(key, resolve)));
    this.past.delete(key);
    return at;
  }

  emit(id: string, event: RequestEvent, at = performance.now()): void {
    const key = `${id} ${event}`;
    const resolve = this.waiting.get(key);
    if (resolve) {
      this.waiting.delete(key);
      resolve(at);
    } else this.past.set(key, at);
  }

  /** The `onRequest` option of the sandbox. */
  readonly onRequest = ({ method, path, query, status, requestBody, responseBody }: Exchange): void => {
    if (status >= 400) return;
    if (method === 'POST' && path === '/v1/customers') {
      // The worker wrote the request, the sandbox the response.
      const { external_id: leadId } = requestBody as { external_id: string };
      this.leadIds.set((responseBody as { uuid: string }).uuid, leadId);
      this.emit(leadId, 'created');
    } else if (method === 'PATCH') {
      const leadId = this.leadIds.get(path.slice('/v1/customers/'.length));
      if (leadId !== undefined) this.emit(leadId, 'updated');
    } else if (method === 'GET' && path === '/v1/customers') {
      this.emit(new URLSearchParams(query).get('external_id') ?? '', 'lookup');
    }
  };
}
