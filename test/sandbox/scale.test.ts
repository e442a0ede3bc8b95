import assert from 'node:assert/strict';
import { Account } from '../../packages/chartmogul-sandbox/src/account.js';
import { newCustomer } from '../../packages/chartmogul-sandbox/src/records.js';

describe('a sandbox with 20,000 customers', () => {
  const total = 20_000;
  let account: Account;

  before(() => {
    account = new Account({});
    account.reset({});
    fill(account, total);
  });

  it('finds one by source and external id in the time it takes among 200', () => {
    const few = new Account({});
    few.reset({});
    fill(few, 200);
    // The best of several rounds, because other load can only make a round slower.
    const [slow, fast] = [bestOf(() => timeLookups(account, total)), bestOf(() => timeLookups(few, 200))];
    assert.ok(slow < fast * 10 + 1, `${slow.toFixed(2)} ms against ${fast.toFixed(2)} ms`);
  });

  it('reaches the last page without reading the pages before it', () => {
    const { customers } = account.store;
    const lastId = Math.max(...[...customers.values()].map(({ id }) => id));
    const first = bestOf(() => time(() => void [...take(customers.after(0), 10)]));
    const last = bestOf(() => time(() => void [...take(customers.after(lastId - 10), 10)]));
    assert.ok(last < first * 10 + 1, `${last.toFixed(3)} ms against ${first.toFixed(3)} ms`);
  });
});

function fill(account: Account, total: number): void {
  const { leadsSourceUuid } = account.sourceUuids();
  for (let number = 0; number < total; number++) {
    const customer = newCustomer(account.store.nextId(), leadsSourceUuid, `lead_${number}`);
    account.store.customers.put(customer.uuid, customer);
  }
}

function timeLookups(account: Account, total: number): number {
  const { leadsSourceUuid } = account.sourceUuids();
  return time(() => {
    for (let index = 0; index < 5_000; index++) {
      assert.ok(account.store.customers.find(leadsSourceUuid, `lead_${(index * 7919) % total}`));
    }
  });
}

function time(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function bestOf(measure: () => number): number {
  return Math.min(...Array.from({ length: 50 }, measure));
}

function* take<T>(items: Iterable<T>, count: number): Generator<T> {
  let taken = 0;
  for (const item of items) {
    if (taken++ === count) return;
    yield item;
  }
}
