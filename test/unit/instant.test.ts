import assert from 'node:assert/strict';
import fc from 'fast-check';
import { earliest, formatInstant, implausible, readInstant } from '../../src/domain/journey/instant.js';

describe('an instant', () => {
  const accepted: [form: string, input: string, instant: string][] = [
    ['UTC', '2016-02-10T05:15:10Z', '2016-02-10T05:15:10Z'],
    ['lower-case letters, which RFC 3339 allows', '2016-02-10t05:15:10z', '2016-02-10T05:15:10Z'],
    ['an offset east', '2016-02-10T06:15:10+01:00', '2016-02-10T05:15:10Z'],
    ['an offset west', '2016-02-09T19:15:10-10:00', '2016-02-10T05:15:10Z'],
    ['an offset of half an hour', '2016-02-10T10:45:10+05:30', '2016-02-10T05:15:10Z'],
    ['an offset that changes the year', '2016-01-01T00:30:00+01:00', '2015-12-31T23:30:00Z'],
    ['the unknown offset of RFC 3339', '2016-02-10T05:15:10-00:00', '2016-02-10T05:15:10Z'],
    ['the largest offset', '2016-02-10T23:59:00+23:59', '2016-02-10T00:00:00Z'],
    ['milliseconds, cut and not rounded', '2016-02-10T05:15:10.999Z', '2016-02-10T05:15:10Z'],
    ['a fraction of one digit', '2016-02-10T05:15:10.5Z', '2016-02-10T05:15:10Z'],
    ['nanoseconds', '2016-02-10T05:15:10.123456789Z', '2016-02-10T05:15:10Z'],
    ['29 February of a leap year', '2016-02-29T00:00:00Z', '2016-02-29T00:00:00Z'],
    ['the last second of a day', '2016-12-31T23:59:59Z', '2016-12-31T23:59:59Z'],
    ['the first year', '0000-01-01T00:00:00Z', '0000-01-01T00:00:00Z'],
    ['the last second of the last year', '9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z'],
  ];
  for (const [form, input, instant] of accepted) {
    it(`is read from ${form}: ${input}`, () => {
      assert.equal(readInstant(input), instant);
    });
  }

  const refused: [form: string, input: unknown][] = [
    ['30 February', '2016-02-30T00:00:00Z'],
    ['29 February of a common year', '2015-02-29T00:00:00Z'],
    ['29 February of 1900', '1900-02-29T00:00:00Z'],
    ['31 April', '2016-04-31T00:00:00Z'],
    ['month 13', '2016-13-01T00:00:00Z'],
    ['month 0', '2016-00-01T00:00:00Z'],
    ['day 0', '2016-01-00T00:00:00Z'],
    ['hour 24', '2016-01-01T24:00:00Z'],
    ['minute 60', '2016-01-01T00:60:00Z'],
    ['a leap second, which JavaScript dates cannot represent', '2016-12-31T23:59:60Z'],
    ['an offset of 24 hours', '2016-01-01T00:00:00+24:00'],
    ['an offset of 60 minutes', '2016-01-01T00:00:00+01:60'],
    ['an offset without a colon', '2016-01-01T00:00:00+0100'],
    ['an offset of hours only', '2016-01-01T00:00:00+01'],
    ['a zone by name', '2016-01-01T00:00:00 UTC'],
    ['no zone', '2016-01-01T00:00:00'],
    ['no seconds', '2016-01-01T00:00Z'],
    ['a date only', '2016-01-05'],
    ['a blank in place of T', '2016-01-05 00:00:00Z'],
    ['a two-digit year', '16-01-05T00:00:00Z'],
    ['a five-digit year', '12016-01-05T00:00:00Z'],
    ['a fraction without digits', '2016-01-05T00:00:00.Z'],
    ['a fraction of ten digits', '2016-01-05T00:00:00.1234567890Z'],
    ['a comma before the fraction', '2016-01-05T00:00:00,5Z'],
    ['a blank before', ' 2016-01-05T00:00:00Z'],
    ['a line after', '2016-01-05T00:00:00Z\n'],
    ['digits of another script', '２０１６-01-05T00:00:00Z'],
    ['an offset that goes past the year 9999', '9999-12-31T23:59:59-00:01'],
    ['an offset that goes before the year 0', '0000-01-01T00:00:00+00:01'],
    ['an empty text', ''],
    ['seconds since 1970', 1_451_952_000],
    ['the same as a string', '1451952000'],
    ['a Date', new Date(0)],
    ['null', null],
    ['undefined', undefined],
    ['an object', {}],
  ];
  for (const [form, input] of refused) {
    it(`is not read from ${form}`, () => {
      assert.equal(readInstant(input), undefined);
    });
  }

  it('round-trips for every moment', () => {
    const moments = fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(moments, (moment) => {
        const instant = formatInstant(moment);
        assert.equal(readInstant(instant), instant);
        assert.equal(Date.parse(instant), Math.floor(moment.getTime() / 1000) * 1000);
      }),
    );
  });

  it('sorts chronologically as a string', () => {
    const moments = fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(moments, moments, (a, b) => {
        const [first, second] = [formatInstant(a), formatInstant(b)];
        assert.equal(first < second, Date.parse(first) < Date.parse(second));
      }),
    );
  });

  it('never throws for any input', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const instant = readInstant(value);
        assert.ok(instant === undefined || readInstant(instant) === instant);
      }),
    );
  });
});

describe('the earliest of some instants', () => {
  it('leaves out those that are not known', () => {
    assert.equal(
      earliest(undefined, '2016-02-01T00:00:00Z', undefined, '2016-01-01T00:00:00Z'),
      '2016-01-01T00:00:00Z',
    );
  });

  it('is not known if none is', () => {
    assert.equal(earliest(undefined, undefined), undefined);
    assert.equal(earliest(), undefined);
  });
});

describe('a plausible date of a fact', () => {
  const now = Date.parse('2026-06-01T12:00:00Z');

  it('lies between the year 2000 and now', () => {
    assert.equal(implausible('2000-01-01T00:00:00Z', now), undefined);
    assert.equal(implausible('2026-06-01T12:00:00Z', now), undefined);
  });

  it('may lie five minutes ahead, for a clock that runs fast', () => {
    assert.equal(implausible('2026-06-01T12:05:00Z', now), undefined);
    assert.equal(implausible('2026-06-01T12:05:01Z', now), 'must not be in the future');
  });

  it('is no zero epoch and no typing error', () => {
    assert.equal(implausible('1970-01-01T00:00:00Z', now), 'must not be before 2000-01-01T00:00:00Z');
    assert.equal(implausible('1999-12-31T23:59:59Z', now), 'must not be before 2000-01-01T00:00:00Z');
    assert.equal(implausible('9999-12-31T23:59:59Z', now), 'must not be in the future');
  });
});
