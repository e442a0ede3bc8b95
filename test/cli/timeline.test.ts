import assert from 'node:assert/strict';
import type { Happening } from '../../src/cli/history.js';
import { timelineOf } from '../../src/cli/timeline.js';

describe('a timeline', () => {
  it('tells a report with the names of its profile fields, not with what they say', () => {
    const [hidden] = timelineOf([adam]);
    const [told] = timelineOf([adam], { withProfile: true });

    assert.equal(hidden?.text, 'reported: lead created 2016-01-05T00:00:00Z, with name, email');
    assert.equal(
      told?.text,
      'reported: lead created 2016-01-05T00:00:00Z, with name Adam Smith, email adam@smith.example',
    );
  });

  it('tells whose trial and whose payment', () => {
    const entries = timelineOf([
      signal('trialStarted', { occurredAt: '2016-02-10T05:15:10Z', billingCustomerId: 'cus_1' }),
      signal('paymentSucceeded', { occurredAt: '2016-02-25T00:00:00Z' }),
    ]);

    assert.deepEqual(
      entries.map(({ text }) => text),
      [
        'reported: trial started 2016-02-10T05:15:10Z, billing customer cus_1',
        'reported: paid 2016-02-25T00:00:00Z, billing customer named by the lead id',
      ],
    );
  });

  it('tells several reports of one message in one line', () => {
    const reports = {
      leadCreated: { occurredAt: '2016-01-05T00:00:00Z', profile: { name: 'Adam Smith' } },
      trialStarted: { occurredAt: '2016-02-10T05:15:10Z' },
      paymentSucceeded: { occurredAt: '2016-02-25T00:00:00Z', billingCustomerId: 'cus_1' },
    };

    const [entry, refused] = timelineOf([
      signal('reported', reports),
      signal('reported', { trialStarted: { occurredAt: '2016' } }),
    ]);

    assert.equal(
      entry?.text,
      'reported: lead created 2016-01-05T00:00:00Z; trial started 2016-02-10T05:15:10Z; ' +
        'paid 2016-02-25T00:00:00Z, billing customer cus_1, with name',
    );
    assert.equal(refused?.text, 'several reports');
    assert.match(refused?.outcome ?? '', /^not taken: trialStarted\/occurredAt must be RFC 3339/);
  });

  it('says why a report was not taken', () => {
    const [entry] = timelineOf([signal('leadCreated', { occurredAt: 'yesterday', colour: 'red' })]);

    assert.equal(entry?.isGood, false);
    assert.match(entry?.outcome ?? '', /^not taken: it has a field that is not known.*; occurredAt must be RFC 3339/);
  });

  it('survives messages of any shape', () => {
    for (const name of ['leadCreated', 'reported', 'retry', 'correct', 'relink', 'close', 'somethingElse']) {
      for (const input of [undefined, null, 'text', [], {}]) {
        assert.equal(timelineOf([signal(name, input), update(name, input)]).length, 2);
      }
    }
  });

  it('tells what an operator did, with the note', () => {
    const entries = timelineOf([
      signal('retry', { recreate: true }),
      update('correct', { date: 'paidAt', to: '2016-02-26T00:00:00Z', note: 'a typing error' }),
      update('relink', { billingCustomerId: 'cus_2', note: 'paid by the company' }),
      update('close', { note: 'a test' }),
    ]);

    assert.deepEqual(
      entries.map(({ kind, text }) => [kind, text]),
      [
        ['operator', 'retry --recreate'],
        ['operator', 'correct paidAt to 2016-02-26T00:00:00Z: a typing error'],
        ['operator', 'relink to cus_2: paid by the company'],
        ['operator', 'close: a test'],
      ],
    );
  });

  it('tells each request with its answer and the attempts it took', () => {
    const [create, merge] = timelineOf([
      { at: '2016-01-05T00:00:00Z', what: 'requested', id: 'a', activity: 'createLead', summary: 'Create the lead' },
      { at: '2016-01-05T00:00:09Z', what: 'attempted', request: 'a', attempt: 4 },
      { at: '2016-01-05T00:00:10Z', what: 'answered', request: 'a', result: { uuid: 'cus_lead' } },
      { at: '2016-01-05T00:00:11Z', what: 'requested', id: 'b', activity: 'requestMerge', summary: 'Merge' },
      { at: '2016-01-05T00:00:12Z', what: 'answered', request: 'b', result: { status: 422 } },
    ]);

    assert.deepEqual(create, {
      at: '2016-01-05T00:00:00Z',
      until: '2016-01-05T00:00:10Z',
      kind: 'request',
      text: 'create the lead',
      attempts: 4,
      outcome: 'made cus_lead',
      isGood: true,
    });
    assert.deepEqual([merge?.outcome, merge?.isGood], ['refused with 422', false]);
  });

  it('tells a failed request without naming the step twice', () => {
    const [request] = timelineOf([
      { at, what: 'requested', id: 'a', activity: 'createLead' },
      { at, what: 'failed', request: 'a', message: 'createLead: ChartMogul answered 503: HTTP 503' },
    ]);

    assert.equal(request?.outcome, 'ChartMogul answered 503: HTTP 503');
    assert.equal(request?.isGood, false);
  });

  it('leaves an interrupted request interrupted, whatever is still answered', () => {
    const [request] = timelineOf([
      { at, what: 'requested', id: 'a', activity: 'findPayingCustomer' },
      { at, what: 'interrupted', request: 'a' },
      { at, what: 'answered', request: 'a', result: { uuid: 'cus_1' } },
    ]);

    assert.equal(request?.outcome, 'interrupted');
  });

  it('leaves a request under way without an outcome', () => {
    const [request] = timelineOf([{ at, what: 'requested', id: 'a', activity: 'createLead' }]);

    assert.ok(request && !('outcome' in request));
  });

  it('tells when attention was raised and when it was over', () => {
    const entries = timelineOf([
      { at, what: 'shown', attributes: { JourneyStage: 'paid' } },
      { at, what: 'shown', attributes: { JourneyAttention: 'payer-not-found' } },
      { at, what: 'shown', attributes: { JourneyAttention: null } },
    ]);

    assert.deepEqual(
      entries.map(({ text }) => text),
      ['attention: payer-not-found', 'attention is over'],
    );
  });

  it('folds the tries of three days into one line, and keeps the one that went otherwise', () => {
    const hours = Array.from({ length: 72 }, (_, hour) => slowTry(hour, 'createLead: ChartMogul answered 503'));
    const last = slowTry(72, 'createLead: ChartMogul answered 401');

    const entries = timelineOf([...hours, last].flat());

    assert.deepEqual(
      entries.map(({ kind, times, outcome }) => [kind, times, outcome]),
      [
        ['pause', 72, 'over'],
        ['request', undefined, 'ChartMogul answered 503'],
        ['pause', undefined, 'over'],
        ['request', undefined, 'ChartMogul answered 401'],
      ],
    );
    assert.equal(entries[0]?.until, hour(72));
  });

  it('tells a journey that was continued as one', () => {
    const entries = timelineOf([
      { at, what: 'started', isContinued: false },
      { at, what: 'ended', how: 'continued' },
      { at, what: 'started', isContinued: true },
      { at, what: 'ended', how: 'terminated', message: 'by mistake' },
    ]);

    assert.deepEqual(
      entries.map(({ text }) => text),
      ['started', 'goes on in a new run', 'terminated: by mistake'],
    );
  });

  it('tells a bug of ours as such', () => {
    const [entry] = timelineOf([{ at, what: 'stuck', message: 'x is not a function' }]);

    assert.match(entry?.text ?? '', /own code failed.*x is not a function/);
  });
});

const at = '2016-03-01T00:00:00Z';

const adam = signal('leadCreated', {
  occurredAt: '2016-01-05T00:00:00Z',
  profile: { name: 'Adam Smith', email: 'adam@smith.example' },
});

function signal(name: string, input: unknown): Happening {
  return { at, what: 'signalled', name, input };
}

function update(name: string, input: unknown): Happening {
  return { at, what: 'updated', name, input };
}

function hour(count: number): string {
  return `${new Date(Date.parse(at) + count * 3_600_000).toISOString().slice(0, 19)}Z`;
}

/** One pause of the slow lane and the try after it. */
function slowTry(count: number, message: string): Happening[] {
  const id = String(count);
  const [before, after] = [hour(count), hour(count + 1)];
  return [
    { at: before, what: 'pausing', id: `pause ${id}`, summary: 'Next try: unavailable', until: after },
    { at: after, what: 'resumed', pause: `pause ${id}`, how: 'fired' },
    { at: after, what: 'requested', id, activity: 'createLead' },
    { at: after, what: 'failed', request: id, message },
  ];
}
