import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { onStage, until } from '../support/journeys.js';

describe('the pace of requests', () => {
  it(
    'holds for all requests of a worker: a write that looks first makes two',
    onStage({ worker: { requestsPerSecond: 10 } }, async (stage) => {
      const leads = Array.from({ length: 6 }, (_, index) => `lead_${index}`);
      for (const lead of leads) {
        await stage.journeys.leadCreated(lead, { occurredAt: '2016-01-05T00:00:00Z' });
        await until(stage, lead, ({ leadCreatedAt }) => leadCreatedAt !== undefined);
      }
      await eventually(() => stage.requests().length >= leads.length);
      const before = stage.sandbox.requests().length;
      await Promise.all(leads.map((lead) => stage.journeys.trialStarted(lead, { occurredAt: '2016-02-01T00:00:00Z' })));
      await eventually(() => stage.requests().filter((request) => request.startsWith('PATCH')).length >= leads.length);

      const times = stage.sandbox
        .requests()
        .slice(before)
        .map(({ at }) => Date.parse(at));
      const took = (times.at(-1) ?? 0) - (times[0] ?? 0);
      assert.ok(times.length >= leads.length);
      // Each interval is 100 ms; the first or the last request may reach the sandbox late.
      assert.ok(took >= (times.length - 1) * 100 - 300, `${times.length} requests in ${took} ms`);
    }),
  );
});
