import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createActivities, type Deps, temporalActivities } from '../../src/activities/index.js';
import { auditClassNames } from '../../src/domain/audit/classes.js';
import { matchStatuses } from '../../src/domain/billing/next-action.js';
import { billingAttentionSentences } from '../../src/domain/billing/view.js';
import { attentionSentences } from '../../src/domain/journey/attention.js';
import { stages } from '../../src/domain/journey/stage.js';
import { exitCodeOf } from '../../src/runtime/exit-codes.js';
import * as auditMessages from '../../src/workflows/audit-messages.js';
import * as billingMessages from '../../src/workflows/billing-messages.js';
import * as messages from '../../src/workflows/messages.js';
import { searchAttributeKeys } from '../../src/workflows/search-attributes.js';
import * as sweepMessages from '../../src/workflows/sweep-messages.js';

describe('docs/wire-names.md', () => {
  const documented = new Map(
    readFileSync(resolve('docs/wire-names.md'), 'utf8')
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .filter(([, kind, names]) => kind && names?.startsWith('`'))
      .map(([, kind = '', names = '']) => [kind.replaceAll('`', ''), names.replaceAll('`', '').split(' ')]),
  );
  const named: Record<string, readonly string[]> = {
    workflow: [
      messages.customerJourneyType,
      billingMessages.billingCustomerType,
      sweepMessages.stripeSweepType,
      auditMessages.auditAccountType,
    ],
    'workflow id': [
      messages.journeyId('{leadId}', '{account}'),
      billingMessages.billingCustomerWorkflowId('{billingCustomerId}', '{account}'),
      sweepMessages.stripeSweepId('{account}'),
      auditMessages.auditId('{account}'),
    ],
    'task queue': [messages.workflowTaskQueue, messages.chartMogulTaskQueue('{account}')],
    'signal of customerJourney': definedIn(messages, 'signal'),
    'query of customerJourney': definedIn(messages, 'query'),
    'update of customerJourney': definedIn(messages, 'update'),
    'signal of billingCustomer': definedIn(billingMessages, 'signal'),
    'query of billingCustomer': definedIn(billingMessages, 'query'),
    'update of billingCustomer': definedIn(billingMessages, 'update'),
    'signal of auditAccount': definedIn(auditMessages, 'signal'),
    'query of auditAccount': definedIn(auditMessages, 'query'),
    activity: [...Object.keys(createActivities({} as Deps)), ...Object.keys(temporalActivities)],
    'search attribute': searchAttributeKeys.map(({ name }) => name),
    stage: stages,
    'match status': matchStatuses,
    'attention code': [
      ...Object.keys(attentionSentences),
      ...Object.keys(billingAttentionSentences),
      ...inSource('workflows/audit-account.ts', /searchAttributes\.attention, value: '([a-z-]+)'/g),
    ],
    'audit class': auditClassNames,
    'notice code': inSource('domain/journey/notices.ts', 'workflows/messages.ts', /readonly code: '([a-z-]+)'/g),
    'failure type': inSource('activities', 'workflows', /(?:type: |\| |, )'([A-Z][A-Za-z]+)'/g),
    'error code': Object.keys(exitCodeOf),
  };

  for (const [kind, names] of Object.entries(named)) {
    it(`lists every ${kind} that the code uses`, () => {
      assert.deepEqual([...(documented.get(kind) ?? [])].sort(), [...names].sort());
    });
  }

  it('lists nothing else', () => {
    assert.deepEqual([...documented.keys()].sort(), Object.keys(named).sort());
  });
});

function definedIn(module: object, type: string): string[] {
  return Object.values(module)
    .filter((value): value is { type: string; name: string } => Object(value).type === type)
    .map(({ name }) => name);
}

/** Each match in a file or folder of `src`, once. */
function inSource(...args: [...paths: string[], pattern: RegExp]): string[] {
  const pattern = args.at(-1) as RegExp; // the last by its type
  const texts = args.slice(0, -1).flatMap((path) => textsIn(resolve('src', String(path))));
  return [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name = '']) => name)))];
}

function textsIn(path: string): string[] {
  if (path.endsWith('.ts')) return [readFileSync(path, 'utf8')];
  return readdirSync(path, { encoding: 'utf8' }).flatMap((name) => textsIn(join(path, name)));
}
