import assert from 'node:assert/strict';
import fc from 'fast-check';
import { instantForm } from '../../src/domain/journey/instant.js';
import { parseReport, parseReports, type ReportKind } from '../../src/domain/journey/reports.js';
import { runs } from '../support/runs.js';

const now = Date.parse('2016-06-01T00:00:00Z');
const kinds: readonly ReportKind[] = ['leadCreated', 'trialStarted', 'paymentSucceeded'];
const occurredAt = '2016-01-05T00:00:00Z';

/** The problems of an input, as `pointer message`. */
function problemsOf(input: unknown, kind: ReportKind = 'paymentSucceeded'): string[] {
  const parsed = parseReport(kind, input, now);
  return parsed.ok ? [] : parsed.problems.map(({ pointer, message }) => `${pointer} ${message}`);
}

describe('parsing a report', () => {
  it('accepts a date alone, for each kind', () => {
    for (const kind of kinds) {
      assert.deepEqual(parseReport(kind, { occurredAt }, now), { ok: true, value: { kind, occurredAt } });
    }
  });

  it('accepts a full profile and billing customer id, with the date in UTC and strings trimmed', () => {
    const profile = { name: ' Adam Smith ', email: 'adam@example.com ', company: 'A', country: 'US', state: 'US-NY' };
    const input = { occurredAt: '2016-01-05T01:00:00.5+01:00', profile, billingCustomerId: 'cus_1' };

    assert.deepEqual(parseReport('trialStarted', input, now), {
      ok: true,
      value: {
        kind: 'trialStarted',
        occurredAt,
        profile: { ...profile, name: 'Adam Smith', email: 'adam@example.com' },
        billingCustomerId: 'cus_1',
      },
    });
  });

  it('accepts an empty profile', () => {
    assert.deepEqual(problemsOf({ occurredAt, profile: {} }), []);
  });

  for (const input of [undefined, null, 'text', 1, true, [], [{ occurredAt }]]) {
    it(`rejects ${JSON.stringify(input)}, which is not an object`, () => {
      assert.deepEqual(problemsOf(input), [' must be an object']);
    });
  }

  it('rejects a date that is missing, in another format, too old, or in the future', () => {
    assert.deepEqual(problemsOf({}), [`/occurredAt must be ${instantForm}`]);
    assert.deepEqual(problemsOf({ occurredAt: '2016-01-05' }), [`/occurredAt must be ${instantForm}`]);
    assert.deepEqual(problemsOf({ occurredAt: 1_451_952_000 }), [`/occurredAt must be ${instantForm}`]);
    assert.deepEqual(problemsOf({ occurredAt: '1970-01-01T00:00:00Z' }), [
      '/occurredAt must not be before 2000-01-01T00:00:00Z',
    ]);
    assert.deepEqual(problemsOf({ occurredAt: '2016-06-01T00:05:01Z' }), ['/occurredAt must not be in the future']);
  });

  it('rejects an unknown field, so that typos are noticed', () => {
    assert.deepEqual(problemsOf({ occurredAt, billingcustomerid: 'cus_1' }), [
      ' has an unknown field; valid fields: occurredAt, profile, billingCustomerId',
    ]);
    assert.deepEqual(problemsOf({ occurredAt, profile: { phone: '1' } }), [
      '/profile has an unknown field; valid fields: name, email, company, country, state, city, zip',
    ]);
    assert.deepEqual(problemsOf(JSON.parse(`{"occurredAt":"${occurredAt}","__proto__":{}}`)), [
      ' has an unknown field; valid fields: occurredAt, profile, billingCustomerId',
    ]);
  });

  it('rejects a billing customer id in a lead report', () => {
    assert.deepEqual(problemsOf({ occurredAt, billingCustomerId: 'cus_1' }, 'leadCreated'), [
      ' has an unknown field; valid fields: occurredAt, profile',
    ]);
  });

  it('reports all problems at once', () => {
    const input = { occurredAt: 'now', profile: { name: '', country: 'us' }, billingCustomerId: '', extra: 1 };

    assert.deepEqual(problemsOf(input), [
      ' has an unknown field; valid fields: occurredAt, profile, billingCustomerId',
      `/occurredAt must be ${instantForm}`,
      '/profile/name must be a non-empty string; omit it if unknown',
      '/profile/country must be an ISO 3166 country code, for example US',
      '/billingCustomerId must be a string of 1 to 255 characters',
    ]);
  });

  it('reports unknown fields once, however many there are, since the journey stores the message', () => {
    const unknown = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`field ${index}`, 1]));

    const problems = problemsOf({ occurredAt, ...unknown, profile: unknown });

    assert.deepEqual(problems, [
      ' has an unknown field; valid fields: occurredAt, profile, billingCustomerId',
      '/profile has an unknown field; valid fields: name, email, company, country, state, city, zip',
    ]);
  });

  it('returns a result for any JSON value, and never throws', () => {
    const values = fc.oneof(fc.jsonValue(), fc.anything(), almostReports(fc.jsonValue()));
    fc.assert(
      fc.property(fc.constantFrom(...kinds), values, (kind, value) => {
        const parsed = parseReport(kind, value, now);
        assert.equal(parsed.ok, parsed.ok || parsed.problems.length === 0);
      }),
      { numRuns: runs(200) },
    );
  });

  it('returns a result for any set of reports, never throws, and keeps its messages short', () => {
    const parts = fc.oneof(fc.jsonValue(), fc.anything(), almostReports(fc.jsonValue()), fc.object({ maxKeys: 50 }));
    const values = fc.oneof(
      fc.jsonValue(),
      fc.record({ leadCreated: parts, trialStarted: parts, paymentSucceeded: parts }, { requiredKeys: [] }),
    );
    fc.assert(
      fc.property(values, (value) => {
        const parsed = parseReports(value, now);
        assert.ok(parsed.ok ? parsed.value.length > 0 : parsed.problems.length > 0);
        assert.ok(parsed.ok || JSON.stringify(parsed.problems).length < 5_000);
      }),
      { numRuns: runs(200) },
    );
  });

  it('never repeats a value or a key in a problem', () => {
    const marked = fc.string({ maxLength: 400 }).map((text) => `${text}Zz9marker${text}`);
    const values = fc.oneof(almostReports(marked), fc.dictionary(marked, marked), marked);
    fc.assert(
      fc.property(fc.constantFrom(...kinds), values, (kind, value) => {
        const parsed = parseReport(kind, value, now);
        assert.ok(parsed.ok || !JSON.stringify(parsed.problems).includes('Zz9marker'));
      }),
      { numRuns: runs(200) },
    );
  });

  it('returns its own output unchanged when parsed again', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        almostReports(fc.string({ unit: 'grapheme', minLength: 1 })),
        (kind, input) => {
          const parsed = parseReport(kind, { ...input, occurredAt }, now);
          if (!parsed.ok) return;
          const { kind: _, ...value } = parsed.value;
          assert.deepEqual(parseReport(kind, value, now), parsed);
        },
      ),
    );
  });
});

/** Objects with valid and invalid keys, and values of the given kind. */
function almostReports(values: fc.Arbitrary<unknown>) {
  const text = fc.oneof(values, fc.constantFrom('DE', 'adam@example.com', 'Adam'));
  const profile = fc.record(
    { name: text, email: text, company: text, country: text, state: text, city: text, zip: text },
    { requiredKeys: [] },
  );
  return fc.record(
    {
      occurredAt: fc.oneof(values, fc.constant(occurredAt)),
      profile: fc.oneof(values, profile),
      billingCustomerId: text,
    },
    { requiredKeys: [] },
  );
}
