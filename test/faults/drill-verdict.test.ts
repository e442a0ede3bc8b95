import assert from 'node:assert/strict';
import type { Journeys } from '../../src/starter.js';
import { type Audit, audit } from '../../tools/drill/audit.js';
import { Random } from '../../tools/drill/random.js';
import type { DrillResult } from '../../tools/drill/result.js';
import type { StoredCustomer } from '../../tools/drill/sandbox.js';
import { unsettledReason } from '../../tools/drill/settling.js';
import { tableOf } from '../../tools/drill/table.js';
import { type PlannedLead, planLeads, type TrueRecord, trueRecords } from '../../tools/drill/truth.js';
import { isFine, wrongAttention } from '../../tools/drill/verdict.js';
import type { Passing } from '../../tools/drill/wire.js';

const leads = planLeads(200, new Random(7));
const expected = trueRecords(leads).map(recordOf);
const before = expected.filter(({ external_ids }) => external_ids.some((id) => id.includes('stranger')));
const lead = leads.find(({ story, change }) => story === 'trial and payment' && !change) as PlannedLead;
const shown = new Map(leads.flatMap(({ leadId, shown }) => (shown ? [[leadId, `${shown.lead} ${shown.trial}`]] : [])));
const { leadId, payer: { externalId: payerId } = { externalId: '' } } = lead;
const record = expected.find(({ external_ids }) => external_ids.includes(leadId)) as StoredCustomer;

const killed = { all: 3, withWorkInFlight: 2 };
const failure = { workflowId: 'journey/default/lead_1', eventId: 27, cause: 'UnhandledCommand', came: ['leadCreated'] };
const handled = { ...failure, handledBy: 31 };
const fine: DrillResult = {
  ...{ seed: 4711, journeys: 200, minutes: 1, seconds: 90, stories: {}, reports: 40, repeatedReports: 5 },
  ...{ retriesByOperator: 0, requests: 123, requestsByRoute: {}, unsettled: [], badEnds: [] },
  kills: { worker: killed, server: killed, sandbox: killed },
  faults: {
    byKind: {},
    byRoute: {
      'POST /v1/customers': 9,
      'GET /v1/customers': 9,
      'PATCH /v1/customers/:uuid': 9,
      'POST /v1/customers/merges': 9,
      'GET /v1/customers/:uuid': 9,
    },
  },
  changes: { corrected: { planned: 3, made: 3, underFaults: 2 } },
  refused: [],
  deployment: ['current'],
  audit: audit({ leads, before, after: expected, requests: [], shown }),
  attention: { byCode: {}, wrong: [] },
  histories: {
    runs: 10,
    events: 400,
    endedWrong: [],
    taskFailures: [handled],
    taskTimeouts: 3,
    continued: 4,
    tasksByBuild: { 1: 50, 2: 60 },
  },
};

const mergeRequest = {
  method: 'POST',
  path: '/v1/customers/merges',
  body: JSON.stringify({ into: { customer_uuid: 'cus_other' }, from: { customer_uuid: record.uuid } }),
};

const wrong: readonly [what: string, kind: keyof Audit, after: StoredCustomer[], requests?: Passing[]][] = [
  ['a lost lead', 'lost', changing(leadId, { external_ids: [payerId] })],
  ['a lost payer', 'lost', changing(leadId, { external_ids: [leadId] })],
  ['a second record of a lead', 'duplicates', [...expected, another([leadId])]],
  ['an unknown record', 'duplicates', [...expected, another(['unknown'])]],
  ['a record without ids', 'duplicates', [...expected, another([])]],
  ['an unmerged lead', 'wrongIds', [...changing(leadId, { external_ids: [leadId] }), another([payerId])]],
  ['a wrong lead date', 'wrongDates', changing(leadId, { lead_created_at: '2016-01-01T00:00:01Z' })],
  ['a missing lead date', 'wrongDates', changing(leadId, { lead_created_at: null })],
  ['a wrong trial date', 'wrongDates', changing(leadId, { free_trial_started_at: '2016-01-01T00:00:01Z' })],
  ['a missing trial date', 'wrongDates', changing(leadId, { free_trial_started_at: null })],
  ['a date of nobody', 'foreignDatesUnsaid', changing(leadId, { lead_created_at: '2015-01-01T00:00:01Z' })],
  ['two payers in one record', 'mergedPayers', changing(leadId, { external_ids: [leadId, payerId, 'cus_9999'] })],
  ['a merge request from a payer', 'mergedPayers', expected, [mergeRequest]],
  ["a change of a stranger's record", 'changedStrangers', changing(before[0]?.external_ids[0] ?? '', { name: 'x' })],
];

describe('the drill verdict', () => {
  it('is fine for the expected records, and if a later task handled each signal during a completion', () => {
    assert.ok(before.length > 0);
    assert.ok(isFine(fine), tableOf(fine));
    assert.match(tableOf(fine), /No journey was lost/);
  });

  for (const [what, kind, after, requests = []] of wrong) {
    it(`detects ${what}`, () => {
      const found = audit({ leads, before, after, requests, shown })[kind];

      assert.equal(found.length, 1);
      assertNotFine({ ...fine, audit: { ...fine.audit, [kind]: found } });
    });
  }

  const unsettled = { leadId: 'lead_7', wanted: 'proven', status: 'RUNNING', view: undefined };
  const problems: readonly [what: string, change: Partial<DrillResult>][] = [
    ['a journey in an unexpected state', { unsettled: [unsettled] }],
    ['a missing attention', { attention: { byCode: {}, wrong: ['lead_7: none'] } }],
    ['a failed journey', histories({ endedWrong: ['lead_7 FAILED'] })],
    ['an unhandled signal', histories({ taskFailures: [failure] })],
    ['a rejected completion without a signal', histories({ taskFailures: [{ ...handled, came: [] }] })],
    ['a failed workflow task', histories({ taskFailures: [{ ...handled, cause: 'NonDeterministicError' }] })],
    ['a process that crashed', { badEnds: [{ target: 'worker 1', exitCode: 1, lastWords: 'oh' }] }],
    ['a process that was not killed', { kills: { worker: killed, server: killed } }],
    [
      'a process that was only killed without work',
      { kills: { ...fine.kills, worker: { all: 3, withWorkInFlight: 0 } } },
    ],
    ['a refused request of the operator', { refused: ['lead_7: no'] }],
    ['a change that nobody made', { changes: { corrected: { planned: 3, made: 2, underFaults: 2 } } }],
    ['a version that did no work', histories({ tasksByBuild: { 1: 110 } })],
    ['no journey that another version took over', histories({ continued: 0 })],
    ['a route without faults', { faults: { byKind: {}, byRoute: { ...fine.faults.byRoute, 'GET /v1/customers': 0 } } }],
  ];
  for (const [what, change] of problems) {
    it(`is not fine with ${what}`, () => {
      assertNotFine({ ...fine, ...change });
    });
  }
});

describe('dates that people set', () => {
  const dated = leads.filter(({ ending }) => ending === 'foreign-date');
  const changed = trueRecords(leads).filter(
    ({ lead, trial, shown }) => shown && (shown.lead !== lead || shown.trial !== trial),
  );

  it('are expected, and must be shown by an attention or a notice of each record', () => {
    assert.ok(dated.length > 3);
    const unsaid = audit({ leads, before, after: expected, requests: [], shown: new Map() });
    assert.deepEqual([unsaid.wrongDates.length, unsaid.foreignDatesUnsaid.length], [0, changed.length]);
  });

  it('are not replaced while an operator is asked', () => {
    for (const { leadId, dates } of dated) {
      const replaced = { lead_created_at: dates.lead, free_trial_started_at: dates.trial };
      assert.equal(
        audit({ leads, before, after: changing(leadId, replaced), requests: [], shown }).wrongDates.length,
        1,
      );
    }
  });
});

describe('the expected records of a drill', () => {
  it('have one record for the leads of one payer, with the earliest lead date', () => {
    const payers = new Set(leads.flatMap(({ story, payer }) => (story === 'second lead of a payer' ? payer : [])));
    assert.ok(payers.size > 5);

    for (const payer of payers) {
      const sharing = leads.filter((other) => other.payer === payer);

      const records = trueRecords(leads).filter(({ ids }) => ids.includes(payer?.externalId ?? ''));

      assert.deepEqual(
        records.map(({ ids, lead }) => ({ ids, lead })),
        [
          {
            ids: [payer?.externalId, ...sharing.map((other) => other.leadId)].sort(),
            lead: sharing.map(({ dates }) => dates.lead).sort()[0],
          },
        ],
      );
    }
  });
});

describe('the expected end of a journey', () => {
  const attention = { code: 'refused', nextTryAt: '2016-01-05T01:00:00Z' };
  const waiting = { stage: 'trial', doing: 'waiting for the payment' };
  const requested = { pendingActivities: [{}] };
  const ends: readonly [PlannedLead['ending'], string, view: object, isExpected: boolean, raw?: object][] = [
    ['proven', 'COMPLETED', { stage: 'proven' }, true],
    ['proven', 'RUNNING', { stage: 'proven' }, false],
    ['proven', 'COMPLETED', { stage: 'paid' }, false],
    ['proven', 'TERMINATED', { stage: 'proven' }, false],
    ['open', 'RUNNING', waiting, true],
    ['open', 'RUNNING', { ...waiting, attention }, false],
    ['open', 'RUNNING', waiting, false, requested],
    ['open', 'RUNNING', waiting, false, { pendingWorkflowTask: {} }],
    ['refused', 'RUNNING', { attention }, true],
    ['refused', 'RUNNING', waiting, false],
    ['refused', 'RUNNING', { attention: { ...attention, code: 'unavailable' } }, false],
    ['refused', 'RUNNING', { attention: { code: 'refused' } }, false],
  ];

  it('requires the status, the stage and the attention', async () => {
    for (const [ending, name, view, isExpected, raw = {}] of ends) {
      const handle = () => ({ describe: async () => ({ status: { name }, raw }) });
      const journeys = { handle, view: async () => view } as unknown as Journeys;

      const reason = await unsettledReason(journeys, { ...lead, ending });

      assert.equal(reason === undefined, isExpected, JSON.stringify({ ending, name, view, raw }));
    }
  });

  it('includes the list of journeys that need attention: none missing, unexpected, unknown or with another code', () => {
    const planned = (['payer-not-found', 'proven', 'open', 'refused'] as const).map((ending, index) => {
      return { ...lead, leadId: `lead_${index + 1}`, ending };
    });
    const listed = [
      { leadId: 'lead_1', attention: 'payer-not-found' },
      { leadId: 'lead_4', attention: 'refused' },
    ] as const;

    assert.deepEqual(wrongAttention(planned, listed), []);
    assert.deepEqual(
      wrongAttention(planned, [
        { leadId: 'lead_2', attention: 'unavailable' },
        { leadId: 'lead_4', attention: 'unavailable' },
        { leadId: 'lead_9', attention: 'refused' },
      ]),
      [
        'lead_1: none instead of payer-not-found',
        'lead_2: unavailable instead of none',
        'lead_4: unavailable instead of refused',
        'lead_9: refused instead of none',
      ],
    );
  });
});

function assertNotFine(result: DrillResult): void {
  assert.equal(isFine(result), false);
  assert.match(tableOf(result), /Problems found/);
}

function histories(change: Partial<DrillResult['histories']>): Partial<DrillResult> {
  return { histories: { ...fine.histories, ...change } };
}

function recordOf(truth: TrueRecord, index: number): StoredCustomer {
  const { ids } = truth;
  const { lead, trial } = truth.shown ?? truth;
  return {
    uuid: `uuid_${index}`,
    external_ids: [...ids],
    data_source_uuids: [],
    lead_created_at: lead?.replace('Z', '.000Z') ?? null,
    free_trial_started_at: trial?.replace('Z', '.000Z') ?? null,
  };
}

function another(ids: string[]): StoredCustomer {
  return { ...record, uuid: 'uuid_another', external_ids: ids };
}

function changing(id: string, change: object): StoredCustomer[] {
  return expected.map((other) => (other.external_ids.includes(id) ? { ...other, ...change } : other));
}
