import type { Deps } from '../deps.js';
import { auditDoubtsActivity } from './doubts.js';
import { ExpectedCache } from './expected-cache.js';
import { findLastAudit } from './find-last-audit.js';
import { auditListsActivity } from './lists.js';
import { followMendedActivity, restartJourneysActivity } from './mend.js';
import { findTrialRecordsActivity } from './trial-records.js';

/** The parts of an audit. Each lasts seconds, so that a killed worker repeats little. */
export function auditActivities(deps: Deps) {
  const cache = new ExpectedCache();
  return {
    findTrialRecords: findTrialRecordsActivity(deps),
    auditLists: auditListsActivity(deps, cache),
    auditDoubts: auditDoubtsActivity(deps, cache),
    restartJourneys: restartJourneysActivity(cache),
    followMended: followMendedActivity(),
    findLastAudit,
  };
}
