import assert from 'node:assert/strict';
import { ChartMogul, refusalOf } from './official-client.js';
import { Sandboxed } from './sandboxed.js';

const { Customer } = ChartMogul;

describe('lead and trial dates in the sandbox', () => {
  const test = new Sandboxed();

  const accepted = [
    ['2015-11-01 00:00:00', '2015-11-01T00:00:00.000Z', 'the tutorial'],
    ['2015-10-14', '2015-10-14T00:00:00.000Z', 'the tutorial'],
    ['2015-01-01T00:00:00.000Z', '2015-01-01T00:00:00.000Z', 'the tutorial'],
    ['2016-01-01 14:30:00 UTC', '2016-01-01T14:30:00.000Z', 'recorded 2023-10-29, ruby client'],
    ['2018-12-18T18:39:15+06:00', '2018-12-18T12:39:15.000Z', 'recorded 2018, go client'],
    ['2020-02-29T00:00:00+00:00', '2020-02-29T00:00:00.000Z', 'executed: python client'],
    ['2026-11-23T15:16:01.766123+00:00', '2026-11-23T15:16:01.766Z', 'executed: python client'],
  ] as const;
  for (const [given, shown, evidence] of accepted) {
    it(`are accepted as ${given} and shown with milliseconds and Z [${evidence}]`, async () => {
      assert.equal((await test.lead('lead_1', { lead_created_at: given })).lead_created_at, shown);
    });
  }

  it('are rejected if they are invalid or the day does not exist [open: status and shape are our choice]', async () => {
    for (const date of ['soon', '2015-02-30', '2015-13-01', '2015-11-01 25:00:00', 1_446_336_000]) {
      const refusal = await refusalOf(test.lead('lead_1', { lead_created_at: date }));
      assert.equal(refusal.status, 400, String(date));
      assert.equal(Object(refusal.body).param, 'lead_created_at');
    }
  });

  it('of the lead is not filled in by the server [recorded 2025-03-14, ruby client; help article 212811009]', async () => {
    assert.equal((await test.lead('lead_1')).lead_created_at, null);
  });

  it('of the trial is copied into an empty lead date on create [the tutorial]', async () => {
    const lead = await test.lead('lead_1', { free_trial_started_at: '2016-02-10' });
    assert.equal(lead.lead_created_at, '2016-02-10T00:00:00.000Z');
    assert.equal(lead.free_trial_started_at, '2016-02-10T00:00:00.000Z');
  });

  it('of the trial does not change an existing lead date [the tutorial]', async () => {
    const lead = await test.lead('lead_1', { lead_created_at: '2016-01-05', free_trial_started_at: '2016-02-10' });
    assert.equal(lead.lead_created_at, '2016-01-05T00:00:00.000Z');
  });

  it('of the trial is copied into an empty lead date by a PATCH too [the tutorial]', async () => {
    const { uuid } = await test.lead('lead_1');
    const changed = await Customer.modify(test.config, uuid, { free_trial_started_at: '2016-02-10' });
    assert.equal(changed.lead_created_at, '2016-02-10T00:00:00.000Z');
  });

  it('are cleared by null, or not, by the knob nullDates [open; chartmogul-node keeps nulls on purpose]', async () => {
    const clear = async () => {
      const { uuid } = await test.lead('lead_1', { lead_created_at: '2016-01-05' });
      return (await Customer.modify(test.config, uuid, { lead_created_at: null })).lead_created_at;
    };
    assert.equal(await clear(), null);
    test.turn({ nullDates: 'ignore' });
    assert.equal(await clear(), '2016-01-05T00:00:00.000Z');
  });

  it('may lie in the future, or not, by the knob futureDates [open; MCP server: must lie in the past]', async () => {
    const future = { lead_created_at: '2999-01-01' };
    assert.equal((await test.lead('lead_1', future)).lead_created_at, '2999-01-01T00:00:00.000Z');
    test.turn({ futureDates: 'refuse' });
    assert.equal((await refusalOf(test.lead('lead_1', future))).status, 422);
  });

  it('without a zone are UTC, or in the zone of the knob zonelessOffsetMinutes [open]', async () => {
    test.turn({ zonelessOffsetMinutes: 60 });
    const lead = await test.lead('lead_1', { lead_created_at: '2016-01-05 00:00:00' });
    assert.equal(lead.lead_created_at, '2016-01-04T23:00:00.000Z');
  });

  it('in customer-since have an offset and no milliseconds [recorded 2023-10-29, ruby client]', async () => {
    const payer = await test.payer('cus_1', { paid_at: '2016-01-01T12:00:00Z' });
    assert.equal(payer['customer-since'], '2016-01-01T12:00:00+00:00');
  });
});
