import assert from 'node:assert/strict';
import { journeyPage, type PageOptions } from '../../src/cli/journey-page.js';
import type { JourneyRecord } from '../../src/cli/journey-record.js';
import { journeyTable } from '../../src/cli/list-command.js';
import { printable, redactEmails } from '../../src/cli/redact.js';
import { journeyUrl } from '../../src/temporal/web-ui.js';

describe('the journey page', () => {
  it('shows the attention, its start, the next try and what to do', () => {
    const page = pageOf({
      view: {
        stage: 'paid',
        doing: 'waiting to retry: payer-not-found',
        leadCreatedAt: '2016-01-05T00:00:00Z',
        paidAt: '2016-02-25T00:00:00Z',
        billingCustomerId: 'cus_1',
        attention: {
          code: 'payer-not-found',
          text: 'Check the id.',
          step: 'findPayingCustomer',
          since: '2016-02-25T00:20:00Z',
          nextTryAt: '2016-02-25T01:20:00Z',
        },
        notices: [{ code: 'other-payers', text: 'cus_2 pays too.' }],
        corrections: { paidAt: { to: '2016-02-25T00:00:00Z', note: 'typed wrong' } },
      },
    });

    assert.deepEqual(page.slice(2), [
      '  stage       paid',
      '  doing       waiting to retry: payer-not-found',
      '  attention   payer-not-found since 2016-02-25T00:20:00Z',
      '              Check the id.',
      '  next try    2016-02-25T01:20:00Z',
      '  lead        2016-01-05T00:00:00Z',
      '  trial       none so far',
      '  paid        2016-02-25T00:00:00Z  (corrected: typed wrong)',
      '  billing id  cus_1',
      '  notice      other-payers: cus_2 pays too.',
      '  Web UI      set TEMPORAL_UI_URL for a link',
    ]);
  });

  it('breaks long lines between words on a narrow terminal', () => {
    const detail = 'the answer names two customers with this id; one of them was deleted';
    const attention = { code: 'payer-ambiguous', text: 'Merge them.', step: 'findPayingCustomer', detail } as const;

    const page = pageOf({ view: { stage: 'paid', attention } }, { width: 60 });

    const at = page.indexOf('              findPayingCustomer: the answer names two');
    assert.equal(page[at + 1], '              customers with this id; one of them was');
    assert.equal(page[at + 2], '              deleted');
    assert.ok(page.every((line) => line.length <= 60));
  });

  it("adds the server's retry state of the pending request", () => {
    const page = pageOf({
      pending: {
        activity: 'findPayingCustomer',
        isRunning: false,
        attempt: 3,
        maximumAttempts: 21,
        taskQueue: 'chartmogul/acme',
        isPolled: true,
        lastFailure: 'not in ChartMogul yet',
        nextAttemptAt: '2016-02-25T00:03:00Z',
      },
    });

    assert.ok(page.includes('  attempt     3 of 21; last: not in ChartMogul yet; next at 2016-02-25T00:03:00Z'));
  });

  it('shows that a journey was terminated, and what it was doing', () => {
    const page = pageOf({ status: 'TERMINATED', view: { doing: 'requesting the merge' } });

    assert.ok(page.includes('  ended       terminated, while requesting the merge'));
  });
});

describe('the journey table', () => {
  it('has one line per journey, with days in UTC', () => {
    const lines = journeyTable([
      {
        leadId: 'lead_1',
        workflowId: 'journey/default/lead_1',
        runId: 'run',
        status: 'RUNNING',
        stage: 'trial',
        attention: 'unauthorized',
        leadCreatedAt: '2016-01-05T00:00:00Z',
        startedAt: '2016-01-05T10:11:12Z',
      },
    ]);

    assert.deepEqual(lines, [
      'LEAD    STAGE  ATTENTION     LEAD DATE   TRIAL  PAID  STARTED',
      'lead_1  trial  unauthorized  2016-01-05  -      -     2016-01-05 10:11',
    ]);
  });
});

describe('the link to the Web UI', () => {
  const journey = { workflowId: 'journey/default/a b', runId: 'run' };
  const path = 'workflows/journey%2Fdefault%2Fa%20b/run';

  it('is derived for a local Temporal server', () => {
    const url = journeyUrl({ TEMPORAL_ADDRESS: '127.0.0.1:7233' }, journey);

    assert.equal(url, `http://localhost:8233/namespaces/default/${path}`);
  });

  it('uses the port 1000 above that of a local server, as the Temporal CLI does', () => {
    const url = journeyUrl({ TEMPORAL_ADDRESS: 'localhost:7300' }, journey);

    assert.equal(url, `http://localhost:8300/namespaces/default/${path}`);
    assert.equal(journeyUrl({ TEMPORAL_ADDRESS: 'localhost:65000' }, journey), undefined);
  });

  it('is derived for Temporal Cloud', () => {
    const env = { TEMPORAL_ADDRESS: 'leads.abcde.tmprl.cloud:7233', TEMPORAL_NAMESPACE: 'leads.abcde' };

    assert.equal(journeyUrl(env, journey), `https://cloud.temporal.io/namespaces/leads.abcde/${path}`);
  });

  it('requires TEMPORAL_UI_URL for any other server', () => {
    const env = { TEMPORAL_ADDRESS: 'temporal.internal.example:7233' };

    assert.equal(journeyUrl(env, journey), undefined);
    assert.equal(
      journeyUrl({ ...env, TEMPORAL_UI_URL: 'https://ui.example/' }, journey),
      `https://ui.example/namespaces/default/${path}`,
    );
  });
});

describe('the output', () => {
  it('redacts e-mail addresses at any depth, but not in the lead id', () => {
    const shown = redactEmails({
      leadId: 'a@b.example',
      notices: [{ text: 'cus of c.d@e.example, and x.' }],
      count: 1,
    });

    assert.deepEqual(shown, {
      leadId: 'a@b.example',
      notices: [{ text: 'cus of (e-mail redacted), and x.' }],
      count: 1,
    });
  });

  it('contains no control characters', () => {
    assert.deepEqual(printable({ leadId: 'a\u001b[2Jb' }), { leadId: 'a [2Jb' });
  });
});

function pageOf(record: Partial<JourneyRecord>, options: PageOptions = {}): string[] {
  const { view = {}, ...others } = record;
  const whole: JourneyRecord = {
    leadId: 'lead_1',
    account: 'acme',
    workflowId: 'journey/acme/lead_1',
    runId: 'run',
    status: 'RUNNING',
    source: 'journey',
    ...others,
    view,
  };
  return journeyPage(whole, (_, text) => text, options);
}
