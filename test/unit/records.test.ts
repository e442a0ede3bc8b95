import assert from 'node:assert/strict';
import { holdsAnyPayer, holdsLead, holdsOtherLeads, holdsPayer, idsBeside } from '../../src/domain/journey/records.js';
import { billingId, bothId, leadId, leadsId, otherId, payer, recordOf } from './situations.js';

const merged = recordOf('r', [billingId(), otherId('x_1'), leadsId(), leadsId('lead_2')]);
const inOneSource = recordOf('r', [bothId(), bothId('lead_2')]);

describe('a record', () => {
  it('holds a lead by source and id', () => {
    assert.ok(holdsLead(merged, leadId));
    assert.ok(holdsLead(inOneSource, leadId));
    assert.ok(!holdsLead(recordOf('r', [leadsId('lead_2')]), leadId));
  });

  it('does not hold a lead whose id another source uses', () => {
    assert.ok(!holdsLead(recordOf('r', [billingId(leadId), otherId(leadId)]), leadId));
  });

  it('holds a payer by source and id', () => {
    assert.ok(holdsPayer(merged, payer));
    assert.ok(holdsPayer(inOneSource, leadId));
    assert.ok(!holdsPayer(merged, 'cus_b'));
  });

  it('does not hold a payer whose id another source uses', () => {
    assert.ok(!holdsPayer(recordOf('r', [leadsId(payer), otherId(payer)]), payer));
  });

  it('holds a payer if any of its ids belongs to the billing source', () => {
    assert.ok(holdsAnyPayer(merged));
    assert.ok(holdsAnyPayer(inOneSource));
    assert.ok(!holdsAnyPayer(recordOf('r', [leadsId(), otherId('x_1')])));
  });

  it("has other ids: all except the lead's own, including the same id in another source", () => {
    assert.deepEqual(idsBeside(merged, leadId), [billingId(), otherId('x_1'), leadsId('lead_2')]);
    assert.deepEqual(idsBeside(recordOf('r', [leadsId(), billingId(leadId)]), leadId), [billingId(leadId)]);
    assert.deepEqual(idsBeside(recordOf('r', [leadsId(), leadsId()]), leadId), []);
  });

  it('holds other leads if it has another id of the leads source', () => {
    assert.ok(holdsOtherLeads(merged, leadId));
    assert.ok(!holdsOtherLeads(recordOf('r', [billingId(), otherId('x_1'), leadsId()]), leadId));
  });

  it('also holds other leads if all customers are in one source', () => {
    assert.ok(holdsOtherLeads(inOneSource, leadId));
    assert.ok(!holdsOtherLeads(recordOf('r', [bothId()]), leadId));
  });
});
