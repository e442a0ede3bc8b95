import assert from 'node:assert/strict';
import { type Audit, audit } from '../../tools/drill/audit.js';
import { Random } from '../../tools/drill/random.js';
import type { StoredCustomer } from '../../tools/drill/sandbox.js';
import { type PlannedLead, planLeads, type TrueRecord, trueRecords } from '../../tools/drill/truth.js';

const leads = planLeads(200, new Random(7));
const fine: Audit = {
  lost: [],
  duplicates: [],
  wrongIds: [],
  wrongDates: [],
  mergedPayers: [],
  changedStrangers: [],
};

/** ChartMogul as it must be after a drill. */
const asItMustBe = trueRecords(leads).map(recordOf);
const before = asItMustBe.filter(({ external_ids }) => external_ids.some((id) => id.includes('stranger')));
const proven = leads.filter(({ story }) => story === 'trial and payment')[0] as PlannedLead; // 40 of 100 are

describe('what a drill compares ChartMogul with', () => {
  it('is what it must be', () => {
    assert.ok(before.length > 0);
    assert.deepEqual(auditOf(asItMustBe), fine);
  });

  it('has one record for the leads of one payer, with the earliest dates of all', () => {
    const second = leads.find(({ story, payer }) => {
      return story === 'second lead of a payer' && leads.filter((lead) => lead.payer === payer).length > 1;
    });
    const sharing = leads.filter(({ payer }) => payer !== undefined && payer === second?.payer);

    const records = trueRecords(leads).filter(({ ids }) => ids.includes(second?.payer?.externalId ?? ''));

    assert.equal(records.length, 1);
    for (const { leadId, dates } of sharing) {
      assert.ok(records[0]?.ids.includes(leadId));
      assert.ok((records[0]?.lead ?? '') <= (dates.lead ?? ''));
    }
  });

  it('misses a lead that is in no record, and a payer', () => {
    const { leadId, payer } = proven;

    const { lost } = auditOf(asItMustBe.filter(({ external_ids }) => !external_ids.includes(leadId)));

    assert.deepEqual(lost.sort(), [payer?.externalId, leadId].sort());
  });

  it('finds a duplicate record of a lead, an unknown record, and one without ids', () => {
    const more = ['another', 'nobody', 'empty'].map((uuid) => ({ ...recordWith(proven.leadId), uuid }));
    const ids = [[proven.leadId], ['somebody'], []];

    const { duplicates } = auditOf([
      ...asItMustBe,
      ...more.map((record, index) => ({ ...record, external_ids: ids[index] ?? [] })),
    ]);

    assert.deepEqual(duplicates, [proven.leadId, 'somebody', '']);
  });

  it('finds a lead that was not merged', () => {
    const { leadId, payer } = proven;
    const payerId = payer?.externalId ?? '';
    const apart = [leadId, payerId].map((id) => ({ ...recordWith(leadId), uuid: id, external_ids: [id] }));

    const { wrongIds } = auditOf([...asItMustBe.filter((record) => record !== recordWith(leadId)), ...apart]);

    assert.deepEqual(wrongIds, [`${leadId} instead of ${[payerId, leadId].sort().join(' + ')}`]);
  });

  for (const date of ['lead_created_at', 'free_trial_started_at'] as const) {
    it(`finds a record with another ${date}, and with none`, () => {
      for (const wrong of ['2016-01-01T00:00:01Z', null]) {
        const { wrongDates } = auditOf(changing(proven.leadId, { [date]: wrong }));

        assert.equal(wrongDates.length, 1);
        assert.match(wrongDates[0] ?? '', new RegExp(proven.leadId));
      }
    });
  }

  it('finds two payers in one record', () => {
    const { external_ids } = recordWith(proven.leadId);

    const { mergedPayers } = auditOf(changing(proven.leadId, { external_ids: [...external_ids, 'cus_9999'] }));

    assert.equal(mergedPayers.length, 1);
  });

  it('finds a merge request from a payer, in the log of all requests', () => {
    const { uuid } = recordWith(proven.leadId);
    const body = JSON.stringify({ into: { customer_uuid: 'cus_other' }, from: { customer_uuid: uuid } });
    const request = { method: 'POST', path: '/v1/customers/merges', body };

    assert.deepEqual(audit({ leads, before, after: asItMustBe, requests: [request] }).mergedPayers, [
      `requested to merge ${uuid} away`,
    ]);
  });

  it("finds a stranger's record that is not byte-identical", () => {
    const stranger = before[0]?.external_ids.find((id) => id.includes('stranger')) ?? '';

    assert.equal(auditOf(changing(stranger, { name: 'somebody else' })).changedStrangers.length, 1);
  });
});

function auditOf(after: readonly StoredCustomer[]): Audit {
  return audit({ leads, before, after, requests: [] });
}

function recordOf({ ids, lead, trial }: TrueRecord, index: number): StoredCustomer {
  return {
    uuid: `uuid_${index}`,
    external_ids: [...ids],
    data_source_uuids: [],
    lead_created_at: lead?.replace('Z', '.000Z') ?? null,
    free_trial_started_at: trial?.replace('Z', '.000Z') ?? null,
  };
}

function recordWith(id: string): StoredCustomer {
  return asItMustBe.find(({ external_ids }) => external_ids.includes(id)) as StoredCustomer; // of a lead that is planned
}

function changing(id: string, change: object): StoredCustomer[] {
  return asItMustBe.map((record) => (record.external_ids.includes(id) ? { ...record, ...change } : record));
}
