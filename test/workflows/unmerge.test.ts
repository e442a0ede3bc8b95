import assert from 'node:assert/strict';
import { setDatesByHand, unmergeByHand } from '../support/by-hand.js';
import { onStage, type Stage, until } from '../support/journeys.js';
import { adam, created, ended, lead, paid, records, resting, stripe, trial, view } from '../support/scenarios.js';

const { leadId, payerId } = adam;
const note = 'a colleague paid';
const day = (date: string) => `${date}T00:00:00.000Z`;

/** Unmerges the lead, and waits until its journey has nothing to do. */
async function unmerged(stage: Stage) {
  const answer = await stage.journeys.unmerge(leadId, { note });
  await resting(stage);
  return answer;
}

async function proven(stage: Stage): Promise<void> {
  await lead(stage);
  await created(stage);
  await trial(stage);
  await resting(stage);
  stripe(stage);
  await paid(stage);
  await ended(stage);
}

const sorted = (stage: Stage) => records(stage).sort((a, b) => String(a.ids).localeCompare(String(b.ids)));
const adamAlone = { ids: [leadId], lead: day('2016-01-05'), trial: '2016-02-10T05:15:10.000Z' };
const payerAlone = { ids: [payerId], lead: '2016-02-10T05:15:10.000Z', trial: '2016-02-10T05:15:10.000Z' };

describe('an unmerge', () => {
  it(
    'of a proven journey leaves both records as if there had been no merge',
    onStage({}, async (stage) => {
      await proven(stage);

      const answer = await unmerged(stage);

      assert.deepEqual(
        sorted(stage),
        [payerAlone, adamAlone].sort((a, b) => String(a.ids).localeCompare(String(b.ids))),
      );
      assert.deepEqual(
        [answer.stage, answer.paidAt, answer.billingCustomerId, answer.attention, answer.unmerging],
        ['trial', undefined, undefined, undefined, undefined],
      );
      assert.equal(answer.unmerged?.note, note);
      assert.deepEqual(answer.unmerged?.billingCustomerIds, [payerId]);
      assert.deepEqual(answer.withdrawals, [{ billingCustomerId: payerId, note, byUnmerge: true }]);
      const after = await view(stage);
      assert.deepEqual(
        after.notices.map(({ code }) => code),
        ['withdrawn'],
      );
    }),
  );
});
