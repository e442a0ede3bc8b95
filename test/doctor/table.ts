import assert from 'node:assert/strict';
import pLimit from 'p-limit';
import type { Stage } from '../support/journeys.js';
import { type Diagnosed, type Healthy, openHealthy } from './healthy.js';

/** How a set-up differs from the healthy one while the doctor runs, and how it is repaired. */
export interface SetUp {
  readonly env?: NodeJS.ProcessEnv;
  readonly args?: readonly string[];
  readonly repair?: () => unknown;
}

export interface Row {
  readonly what: string;
  readonly breaks: (healthy: Healthy) => SetUp | Promise<SetUp>;
  /** Whether it changes what other rows see. The others are examined at the same time. */
  readonly isAlone?: boolean;
  /** The checks that fail, and no other ones. Default: none. */
  readonly fails?: readonly string[];
  /** The check that warns, if the set-up is only suspicious. */
  readonly warns?: string;
  /** The text and the fix of the warning, or of the first failure. */
  readonly says: RegExp;
  readonly fix: RegExp;
}

/** One test for each row: the doctor names what is wrong, and nothing else fails. */
export function examines(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    let healthy: Healthy;
    const together = new Map<Row, Promise<Diagnosed>>();
    before(async () => {
      healthy = await openHealthy();
      const limit = pLimit(4);
      for (const row of rows.filter(({ isAlone }) => !isAlone)) {
        const diagnosed = limit(() => diagnose(row));
        diagnosed.catch(() => undefined); // its test awaits it
        together.set(row, diagnosed);
      }
    });
    after(() => healthy.close());

    const sorted = [...rows].sort((one, other) => Number(one.isAlone ?? false) - Number(other.isAlone ?? false));
    for (const row of sorted) {
      it(row.what, async () => {
        const { fails = [], warns, says, fix } = row;

        const { findings, exitCode } = await (together.get(row) ?? diagnose(row));

        const failures = findings.filter(({ level }) => level === 'failure');
        assert.deepEqual(failures.map(({ check }) => check).sort(), [...fails].sort(), JSON.stringify(failures));
        const level = warns === undefined ? 'failure' : 'warning';
        const candidates = findings.filter((found) => found.level === level && found.check === (warns ?? fails[0]));
        const named = candidates.find(({ text }) => says.test(text));
        assert.ok(named, JSON.stringify(candidates));
        assert.match(named.fix ?? '', fix);
        assert.equal(exitCode, fails.length > 0 ? 1 : 0);
      });
    }

    async function diagnose({ breaks }: Row): Promise<Diagnosed> {
      const { env, args, repair } = await breaks(healthy);
      try {
        return await healthy.doctor(env, args);
      } finally {
        await repair?.();
      }
    }
  });
}

/** Changes Stripe's only webhook endpoint. */
export function withEndpoint({ stripe }: Healthy, changes: object): SetUp {
  const [good] = stripe.endpoints;
  assert.ok(good);
  stripe.endpoints.splice(0, 1, { ...good, ...changes });
  return { repair: () => void stripe.endpoints.splice(0, 1, good) };
}

/** Deletes records, by any of their external ids. */
export async function removeRecords({ sandbox, config }: Stage, externalIds: readonly string[]): Promise<void> {
  const headers = { authorization: `Basic ${Buffer.from(`${config.chartMogul.apiKey}:`).toString('base64')}` };
  for (const { uuid, external_ids: ids } of sandbox.customers()) {
    if (!(ids as string[]).some((id) => externalIds.includes(id))) continue;
    await fetch(`${sandbox.url}/v1/customers/${uuid}`, { method: 'DELETE', headers });
  }
}
