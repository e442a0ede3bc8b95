import type { Exchange } from '../../../packages/chartmogul-sandbox/src/index.js';

/** A request that was answered, or what stands for it on the floor; a lookup is that of any id. */
export type Moment = 'created' | 'dated' | 'lookup';

/** Tells whoever drives leads when a lead's request was answered, so that nobody has to ask the journey. */
export class Answers {
  private readonly waiting = new Map<string, (at: number) => void>();
  private readonly told = new Map<string, number>();
  private readonly leadOf = new Map<string, string>();

  /** Waits for a moment of a lead, once. Returns when it was, by `performance.now()`. */
  async of(leadId: string, moment: Moment): Promise<number> {
    const key = `${leadId} ${moment}`;
    const at = this.told.get(key) ?? (await new Promise<number>((resolve) => this.waiting.set(key, resolve)));
    this.told.delete(key);
    return at;
  }

  tell(leadId: string, moment: Moment, at = performance.now()): void {
    const key = `${leadId} ${moment}`;
    const resolve = this.waiting.get(key);
    if (resolve) {
      this.waiting.delete(key);
      resolve(at);
    } else this.told.set(key, at);
  }

  /** For `onRequest` of a sandbox. */
  readonly note = ({ method, path, query, status, requestBody, responseBody }: Exchange): void => {
    if (status >= 400) return;
    if (method === 'POST' && path === '/v1/customers') {
      // Both as the worker and the sandbox write them.
      const { external_id: leadId } = requestBody as { external_id: string };
      this.leadOf.set((responseBody as { uuid: string }).uuid, leadId);
      this.tell(leadId, 'created');
    } else if (method === 'PATCH') {
      const leadId = this.leadOf.get(path.slice('/v1/customers/'.length));
      if (leadId !== undefined) this.tell(leadId, 'dated');
    } else if (method === 'GET' && path === '/v1/customers') {
      this.tell(new URLSearchParams(query).get('external_id') ?? '', 'lookup');
    }
  };
}
