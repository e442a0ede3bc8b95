import type { Exchange } from '../../src/sandbox/index.js';

/** A moment in the way of a lead: a request that was answered, or what stands for it on the floor. */
export type Moment = 'created' | 'dated' | 'looked up' | 'merge asked' | 'seen';

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

  /** Forgets a moment that came, so that the next one of the kind is waited for. */
  forget(leadId: string, moment: Moment): void {
    this.told.delete(`${leadId} ${moment}`);
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
  readonly note = ({ method, path, status, requestBody, responseBody }: Exchange): void => {
    if (status >= 400) return;
    if (method === 'POST' && path === '/v1/customers') {
      // Both as the worker and the sandbox write them.
      const { external_id: leadId } = requestBody as { external_id: string };
      this.leadOf.set((responseBody as { uuid: string }).uuid, leadId);
      this.tell(leadId, 'created');
    } else if (method === 'PATCH') {
      const leadId = this.leadOf.get(path.slice('/v1/customers/'.length));
      if (leadId !== undefined) this.tell(leadId, 'dated');
    }
  };
}
