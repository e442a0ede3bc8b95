import assert from 'node:assert/strict';
import { formatInstant, readInstant } from '../../src/domain/journey/instant.js';
import { readDate } from '../../src/import/dates.js';
import { FileRefusedError } from '../../src/import/file-refused.js';
import { TimeZone } from '../../src/import/time-zone.js';

describe('an exported date', () => {
  for (const [written, wanted] of [
    ['2016-02-10T05:15:10Z', '2016-02-10T05:15:10Z'],
    ['2016-02-10T06:15:10.123456+01:00', '2016-02-10T05:15:10Z'],
    ['2016-02-10 05:15:10.5+00', '2016-02-10T05:15:10Z'],
    ['2016-02-10 10:45:10+0530', '2016-02-10T05:15:10Z'],
    ['2016-02-10 05:15:10 UTC', '2016-02-10T05:15:10Z'],
  ] as const) {
    it(`with an offset is read in database formats: ${written}`, () => {
      assert.equal(readInstant(readDate(written, undefined).text), wanted);
    });
  }

  it('without an offset is rejected without --time-zone', () => {
    for (const written of ['2016-02-10', '2016-02-10 05:15', '2016-02-10T05:15:10']) {
      assert.match(readDate(written, undefined).problem ?? '', /has no time zone; pass --time-zone/);
    }
  });

  for (const [zone, written, wanted] of [
    ['UTC', '2016-02-10', '2016-02-10T00:00:00Z'],
    ['Europe/Berlin', '2016-02-10', '2016-02-09T23:00:00Z'],
    ['Europe/Berlin', '2016-07-10 05:15', '2016-07-10T03:15:00Z'],
    ['America/New_York', '2016-02-10 05:15:10', '2016-02-10T10:15:10Z'],
    ['Asia/Kolkata', '2016-02-10T05:15:10.999', '2016-02-09T23:45:10Z'],
    ['Australia/Lord_Howe', '2016-12-10', '2016-12-09T13:00:00Z'],
    ['Africa/Casablanca', '2016-06-20 12:00', '2016-06-20T12:00:00Z'], // Ramadan
  ] as const) {
    it(`is read in its time zone: ${written} in ${zone}`, () => {
      assert.deepEqual(readDate(written, new TimeZone(zone)), { text: wanted });
    });
  }

  it('in a skipped time moves forward; a day whose start is skipped starts after it', () => {
    const berlin = readDate('2016-03-27 02:30', new TimeZone('Europe/Berlin'));
    const beirut = readDate('2016-03-27', new TimeZone('Asia/Beirut'));
    const apia = readDate('2011-12-30', new TimeZone('Pacific/Apia'));

    assert.deepEqual(berlin, { text: '2016-03-27T01:30:00Z', isShifted: 'skipped' }); // 03:30
    assert.deepEqual(beirut, { text: '2016-03-26T22:00:00Z', isShifted: 'skipped' }); // 01:00
    assert.deepEqual(apia, { text: '2011-12-30T10:00:00Z', isShifted: 'skipped' }); // the day after
  });

  it('in a repeated time is its first occurrence', () => {
    const berlin = readDate('2016-10-30 02:30', new TimeZone('Europe/Berlin'));
    const newYork = readDate('2016-11-06 01:30', new TimeZone('America/New_York'));

    assert.deepEqual(berlin, { text: '2016-10-30T00:30:00Z', isShifted: 'repeated' });
    assert.deepEqual(newYork, { text: '2016-11-06T05:30:00Z', isShifted: 'repeated' });
  });

  it('that does not exist, or is not a date, stays unchanged for report validation', () => {
    for (const written of ['2016-02-30', '2016-13-01 00:00', '10/02/2016', '1455081310', 'yesterday']) {
      assert.equal(readInstant(readDate(written, new TimeZone('UTC')).text), undefined);
    }
  });

  it('agrees with Intl for every third hour of a year', () => {
    for (const name of ['Europe/London', 'America/Sao_Paulo', 'Asia/Tehran', 'Pacific/Auckland', 'Africa/Cairo']) {
      const zone = new TimeZone(name);
      const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: name, dateStyle: 'short', timeStyle: 'medium' });
      for (let at = Date.UTC(2017, 0, 1); at < Date.UTC(2018, 0, 1); at += 3 * 3_600_000) {
        const { text, isShifted } = readDate(clock.format(at), zone);
        if (isShifted === undefined) assert.equal(text, formatInstant(new Date(at)), `${clock.format(at)} in ${name}`);
        assert.notEqual(isShifted, 'skipped');
      }
    }
  });

  it('cannot have an unknown time zone', () => {
    assert.throws(() => new TimeZone('Mars/Olympus'), FileRefusedError);
  });
});
