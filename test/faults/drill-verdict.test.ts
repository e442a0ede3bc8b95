import assert from 'node:assert/strict';
import type { DrillResult } from '../../tools/drill/result.js';
import { tableOf } from '../../tools/drill/table.js';
import type { PlannedLead } from '../../tools/drill/truth.js';
import { isFine, wrongAttention } from '../../tools/drill/verdict.js';
import { start } from '../e2e/processes.js';

const killed = { all: 3, withWorkInFlight: 2 };
const signalled = {
  workflowId: 'journey/default/lead_1',
  eventId: 27,
  cause: 'UnhandledCommand',
  came: ['leadCreated'],
};
const handled = { ...signalled, handledBy: 31 };
const fine: DrillResult = {
  seed: 4711,
  journeys: 10,
  minutes: 1,
  stories: {},
  reports: 40,
  repeatedReports: 5,
  retriesByOperator: 0,
  requests: 123,
  requestsByRoute: { 'POST /v1/customers/merges': 77 },
  kills: { worker: killed, server: killed, sandbox: killed },
  faults: {
    byKind: { drop_answer: 60, 429: 17 },
    byRoute: {
      'POST /v1/customers': 9,
      'GET /v1/customers': 9,
      'PATCH /v1/customers/:uuid': 9,
      'POST /v1/customers/merges': 9,
      'GET /v1/customers/:uuid': 9,
    },
  },
  audit: { lost: [], duplicates: [], wrongIds: [], wrongDates: [], mergedPayers: [], changedStrangers: [] },
  unsettled: [],
  attention: { byCode: { 'payer-not-found': 2 }, wrong: [] },
  histories: { runs: 10, events: 400, endedWrong: [], taskFailures: [handled], taskTimeouts: 3 },
  badEnds: [],
  seconds: 90,
};

/** Results with one problem each, and the table's text for it. */
const off: readonly [what: string, result: DrillResult, said: RegExp][] = [
  ...Object.keys(fine.audit).map((key): [string, DrillResult, RegExp] => [
    key,
    { ...fine, audit: { ...fine.audit, [key]: ['Zz9'] } },
    /1\n +Zz9/,
  ]),
  ['a journey that does not get there', { ...fine, unsettled: [unsettled('lead_7')] }, /"leadId":"lead_7"/],
  ['an attention that is missing', { ...fine, attention: { byCode: {}, wrong: ['lead_7: none'] } }, /lead_7: none/],
  ['a journey that failed', histories({ endedWrong: ['lead_7 FAILED'] }), /lead_7 FAILED/],
  ['a signal that nobody handled', histories({ taskFailures: [signalled] }), /leadCreated, not handled/],
  ['an end refused for nothing', histories({ taskFailures: [{ ...handled, came: [] }] }), /no event/],
  ['a bug in a workflow', histories({ taskFailures: [{ ...handled, cause: 'NonDeterministicError' }] }), /NonDetermin/],
  ['a worker that crashed', { ...fine, badEnds: [{ target: 'worker 1', exitCode: 1, lastWords: 'oh' }] }, /"oh"/],
  ['a process that was spared', { ...fine, kills: { worker: killed, server: killed } }, /sandbox was never killed/],
  ['a route that was spared', { ...fine, faults: { byKind: {}, byRoute: {} } }, /no fault on POST \/v1\/customers/],
];

describe('the verdict of a drill', () => {
  it('is fine without findings, and the table has the figures, each failed workflow task, and the seed', () => {
    const table = tableOf(fine);

    assert.ok(isFine(fine));
    for (const figure of [
      /requests to ChartMogul +123/,
      /server +3 +2\n/,
      /drop_answer +60/,
      /POST \/v1\/customers\/merges +9 +77\n/,
      /payer-not-found +2/,
      /lead_1, event 27: UnhandledCommand; then leadCreated, handled by event 31/,
      /lost +0/,
      /duplicate records +0/,
      /No journey was lost/,
      /npm run drill -- --journeys 10 --minutes 1 --seed 4711/,
    ]) {
      assert.match(table, figure);
    }
  });

  for (const [what, result, said] of off) {
    it(`is not fine, and says so: ${what}`, () => {
      assert.equal(isFine(result), false);
      assert.match(tableOf(result), said);
      assert.match(tableOf(result), /Problems found/);
    });
  }
});

describe('the list of journeys that need attention', () => {
  const leads = [planned('lead_1', 'payer-not-found'), planned('lead_2', 'proven'), planned('lead_3', 'open')];

  it('is right if it has exactly those that must be there', () => {
    assert.deepEqual(wrongAttention(leads, [{ leadId: 'lead_1', attention: 'payer-not-found' }]), []);
  });

  it('is wrong if one is missing, has another reason, is unexpected, or has an unknown lead', () => {
    assert.deepEqual(wrongAttention(leads, []), ['lead_1: none instead of payer-not-found']);
    assert.deepEqual(
      wrongAttention(leads, [
        { leadId: 'lead_1', attention: 'refused' },
        { leadId: 'lead_2', attention: 'unavailable' },
        { leadId: 'lead_9', attention: 'refused' },
      ]),
      [
        'lead_1: refused instead of payer-not-found',
        'lead_2: unavailable instead of none',
        'lead_9: refused instead of none',
      ],
    );
  });
});

describe('the command line of a drill', () => {
  it('rejects invalid options with exit code 2, and starts nothing', async () => {
    const { exitCode, stderr, stdout } = await (await start('tools/drill/main.ts', ['--journeys', '2.5'], {})).ended;

    assert.deepEqual({ exitCode, stdout }, { exitCode: 2, stdout: '' });
    assert.match(stderr, /^error: .*journeys.* whole number above 0\.\n$/);
  });

  it('prints its options and exit codes', async () => {
    const { exitCode, stdout } = await (await start('tools/drill/main.ts', ['--help'], {})).ended;

    assert.equal(exitCode, 0);
    for (const word of ['--journeys', '--minutes', '--seed', '--json', 'Exit codes']) assert.ok(stdout.includes(word));
  });
});

function histories(change: Partial<DrillResult['histories']>): DrillResult {
  return { ...fine, histories: { ...fine.histories, ...change } };
}

function unsettled(leadId: string): DrillResult['unsettled'][number] {
  return { leadId, wanted: 'proven', status: 'RUNNING', view: undefined };
}

/** A lead of which only the end matters here. */
function planned(leadId: string, ending: PlannedLead['ending']): PlannedLead {
  return {
    leadId,
    ending,
    story: 'no trial',
    reports: [],
    dates: { lead: undefined, trial: undefined },
    startsAt: 0,
    facts: [],
  };
}
