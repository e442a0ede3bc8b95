import assert from 'node:assert/strict';
import {
  checkId,
  checkIdForm,
  checkIdOf,
  leadIdProblems,
  type Problem,
  parseProfile,
} from '../../src/domain/journey/reports.js';
import { billingCustomerWorkflowId, journeyId, mostIdCharacters } from '../../src/domain/workflow-ids.js';

const thumbsUp = '👍';

describe('an id', () => {
  const accepted: [what: string, id: string][] = [
    ['one character', '1'],
    ['a blank, a slash and punctuation inside', 'a b/c:d#e?f'],
    ['255 characters', 'x'.repeat(255)],
    ['letters of any script', 'Größe-客户'],
    ['225 characters of four bytes, which are 900 bytes', thumbsUp.repeat(225)],
  ];
  for (const [what, id] of accepted) {
    it(`may be ${what}`, () => {
      const problems: Problem[] = [];

      assert.ok(checkId(id, '/leadId', problems));

      assert.deepEqual(problems, []);
    });
  }

  const refused: [what: string, id: unknown, message: string][] = [
    ['empty', '', 'must be a string of 1 to 255 characters'],
    ['a number', 17, 'must be a string of 1 to 255 characters'],
    ['null', null, 'must be a string of 1 to 255 characters'],
    ['missing', undefined, 'must be a string of 1 to 255 characters'],
    ['256 characters long', 'x'.repeat(256), 'must not have more than 255 characters'],
    ['901 bytes long, of one byte', `${thumbsUp.repeat(225)}x`, 'must not have more than 900 bytes'],
    ['902 bytes long, of two bytes', `${thumbsUp.repeat(225)}é`, 'must not have more than 900 bytes'],
    ['903 bytes long, of three bytes', `${thumbsUp.repeat(225)}客`, 'must not have more than 900 bytes'],
    ['with a line in it', 'a\nb', 'must not contain control characters'],
    ['with a zero byte in it', 'a\u0000b', 'must not contain control characters'],
    ['with a C1 control character in it', 'a\u0085b', 'must not contain control characters'],
    ['with a line separator in it', 'a\u2028b', 'must not contain control characters'],
    ['with half of a surrogate pair in it', 'a\ud83db', 'must not contain control characters'],
    ['with a blank before it', ' a', 'must not begin or end with a space'],
    ['with a blank after it', 'a ', 'must not begin or end with a space'],
    ['with a no-break space after it', 'a\u00a0', 'must not begin or end with a space'],
    ['blank', ' ', 'must not begin or end with a space'],
  ];
  for (const [what, id, message] of refused) {
    it(`is rejected if it is ${what}`, () => {
      const problems: Problem[] = [];

      assert.ok(!checkId(id, '/leadId', problems));

      assert.deepEqual(problems, [{ pointer: '/leadId', message }]);
    });
  }
});

describe('an id of an account', () => {
  for (const account of [undefined, 'default', 'a', 'x'.repeat(64)]) {
    it(`fits into a workflow id of 255 characters: ${account ?? 'no account'}`, () => {
      const most = mostIdCharacters(account);
      const problemsOf = (id: string) => leadIdProblems(id, { check: checkIdOf(account) });
      const tooLong = `must not have more than ${most} characters, because its workflow id cannot have more than 255`;

      for (const character of ['x', thumbsUp]) {
        const longest = character.repeat(most);
        assert.equal([...journeyId(longest, account)].length, 255);
        assert.equal([...billingCustomerWorkflowId(longest, account)].length, 255);
        if (most < 225) assert.deepEqual(problemsOf(longest), []);
        assert.deepEqual(problemsOf(`${longest}x`), [{ pointer: '/leadId', message: tooLong }]);
      }
    });
  }
});

describe('a placeholder for a missing id', () => {
  const placeholders = [
    ...['undefined', 'null', 'NULL', 'None', 'nil', 'NaN', '"null"', '(none)', '[object Object]', '[object Undefined]'],
    ...['{{lead_id}}', '{{ lead.id }}', 'user-{{id}}', '$' + '{leadId}', '{lead_id}', '<lead_id>', '<%= id %>', '%s'],
    ...[':lead_id', 'N/A', '#N/A', '#REF!', '\\N', '-', '--', '?'],
  ];
  for (const id of placeholders) {
    it(`is no id from outside, but accepted in a replay: ${id}`, () => {
      const problems: Problem[] = [];

      assert.ok(!checkId(id, '/leadId', problems));

      assert.deepEqual(problems, [{ pointer: '/leadId', message: 'is a placeholder for a missing value, not an id' }]);
      assert.deepEqual(leadIdProblems(id), problems);
      assert.deepEqual(leadIdProblems(id, { check: checkIdForm }), []);
    });
  }

  it('is not an id that contains such a word', () => {
    for (const id of ['nullify', 'undefined-1', 'none@x', 'Nanette', 'a-b', '0', 'false', '{1', '100%s', 'a:b', 'N']) {
      assert.ok(checkId(id, '/leadId', []), id);
    }
  });
});

describe('a lead id', () => {
  const email = 'adam@example.com';
  const looksLikeEmail = 'looks like an e-mail address; use your database id, or set ALLOW_EMAIL_LEAD_IDS=true';

  it('is rejected if it looks like an e-mail address, since ids are not encrypted', () => {
    assert.deepEqual(leadIdProblems(email), [{ pointer: '/leadId', message: looksLikeEmail }]);
  });

  it('may be an e-mail address if allowed', () => {
    assert.deepEqual(leadIdProblems(email, { allowEmail: true }), []);
  });

  it('must still be a valid id if e-mail addresses are allowed', () => {
    assert.deepEqual(leadIdProblems(`${email}\n`, { allowEmail: true }), [
      { pointer: '/leadId', message: 'must not contain control characters' },
    ]);
  });

  it('reports a single problem', () => {
    assert.deepEqual(leadIdProblems(` ${email}`), [
      { pointer: '/leadId', message: 'must not begin or end with a space' },
    ]);
  });
});

describe('a profile', () => {
  const tooLong = (limit: number) => `must not have more than ${limit} characters`;
  const noText = 'must be a non-empty string; omit it if unknown';
  const refused: [field: string, value: unknown, message: string][] = [
    ...['name', 'email', 'company', 'country', 'state', 'city', 'zip'].flatMap((field): [string, unknown, string][] => [
      [field, '', noText],
      [field, '   ', noText],
      [field, null, noText],
      [field, 1, noText],
      [field, 'x'.repeat(256), tooLong(field === 'email' ? 254 : field === 'country' ? 2 : 255)],
    ]),
    ['name', 'Adam\u0007', 'must not contain control characters'],
    ['zip', '12345\n', 'must not contain control characters'],
    ['email', 'adam', 'must be an e-mail address'],
    ['email', 'adam@example', 'must be an e-mail address'],
    ['email', 'adam@smith@example.com', 'must be an e-mail address'],
    ['email', 'adam smith@example.com', 'must be an e-mail address'],
    ['email', '@example.com', 'must be an e-mail address'],
    ['country', 'us', 'must be an ISO 3166 country code, for example US'],
    ['country', 'U', 'must be an ISO 3166 country code, for example US'],
    ['country', 'U1', 'must be an ISO 3166 country code, for example US'],
    ['country', 'USA', tooLong(2)],
  ];
  for (const [field, value, message] of refused) {
    const shown = typeof value === 'string' && value.length > 40 ? `${value.length} characters` : JSON.stringify(value);
    it(`is rejected with ${shown} as ${field}`, () => {
      const problems: Problem[] = [];

      parseProfile({ [field]: value }, problems);

      assert.deepEqual(problems, [{ pointer: `/profile/${field}`, message }]);
    });
  }

  it('accepts strings of maximum length', () => {
    const problems: Problem[] = [];
    const profile = {
      name: thumbsUp.repeat(255),
      email: `${'a'.repeat(242)}@example.com`,
      company: 'x'.repeat(255),
      country: 'DE',
      state: 'x'.repeat(255),
      city: 'x'.repeat(255),
      zip: 'x'.repeat(255),
    };

    assert.deepEqual(parseProfile(profile, problems), profile);

    assert.deepEqual(problems, []);
  });

  it('omits unknown fields', () => {
    assert.deepEqual(parseProfile({ name: 'Adam', email: undefined }, []), { name: 'Adam' });
  });

  for (const input of [null, 'Adam', 7, ['Adam']]) {
    it(`is rejected if it is ${JSON.stringify(input)}`, () => {
      const problems: Problem[] = [];

      assert.equal(parseProfile(input, problems), undefined);

      assert.deepEqual(problems, [{ pointer: '/profile', message: 'must be an object' }]);
    });
  }
});
