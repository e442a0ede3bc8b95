import assert from 'node:assert/strict';
import { ChartMogul, refusalOf } from './official-client.js';
import { Sandboxed } from './sandboxed.js';

const { Customer, CustomAttribute, Tag } = ChartMogul;

describe('tags and custom attributes in the sandbox', () => {
  const test = new Sandboxed();

  it('tags are added without duplicates, and all are returned [recorded 2023-10-30, ruby client]', async () => {
    const { uuid } = await test.lead('lead_1', { attributes: { tags: ['old'] } });
    assert.deepEqual(await Tag.add(test.config, uuid, { tags: ['new', 'old'] }), { tags: ['old', 'new'] });
  });

  it('tags are removed by a DELETE with a body, the remaining tags returned [recorded 2023-10-30]', async () => {
    const { uuid } = await test.lead('lead_1', { attributes: { tags: ['a', 'b', 'c'] } });
    assert.deepEqual(await Tag.remove(test.config, uuid, { tags: ['b', 'unknown'] }), { tags: ['a', 'c'] });
  });

  it('tags are added by e-mail for all matches [cassette of the ruby client, 2026, looks hand-written]', async () => {
    await test.lead('lead_1', { email: 'same@example.com' });
    await test.lead('lead_2', { email: 'same@example.com' });
    const { entries } = await Tag.add(test.config, { email: 'same@example.com', tags: ['important'] });
    assert.deepEqual(
      entries.map(({ external_id, attributes }) => [external_id, attributes.tags]),
      [
        ['lead_1', ['important']],
        ['lead_2', ['important']],
      ],
    );
  });

  it('attributes are added as a typed array, timestamps normalised [recorded 2023-10-30, ruby client]', async () => {
    const { uuid } = await test.lead('lead_1');
    const custom = [
      { type: 'String', key: 'StringKey', value: 'String Value' },
      { type: 'Integer', key: 'integer_key', value: 1234 },
      { type: 'Timestamp', key: 'timestamp_key', value: '2016-01-31 00:00:00 UTC' },
      { type: 'Boolean', key: 'boolean_key', value: true },
    ];
    assert.deepEqual(await CustomAttribute.add(test.config, uuid, { custom }), {
      custom: {
        StringKey: 'String Value',
        integer_key: 1234,
        timestamp_key: '2016-01-31T00:00:00.000Z',
        boolean_key: true,
      },
    });
  });

  it('attributes are changed by a map, and a timestamp stays one [recorded 2023-10-30, ruby client]', async () => {
    const { uuid } = await test.lead('lead_1');
    const custom = [{ type: 'Timestamp', key: 'timestamp_key', value: '2016-01-31' }];
    await CustomAttribute.add(test.config, uuid, { custom });
    const change = { custom: { timestamp_key: '2016-02-01 00:00:00 UTC', plain: '2016-02-01' } };
    assert.deepEqual(await CustomAttribute.update(test.config, uuid, change), {
      custom: { timestamp_key: '2016-02-01T00:00:00.000Z', plain: '2016-02-01' },
    });
  });

  it('attributes are removed with 204 [recorded 2023-10-30, ruby client], or 200 by a knob [python client 4.11]', async () => {
    const body = { custom: ['a'] };
    const remove = async () => {
      const { uuid } = await test.lead('lead_1');
      await CustomAttribute.update(test.config, uuid, { custom: { a: 1, b: 2 } });
      const answer = await test.raw('DELETE', `/v1/customers/${uuid}/attributes/custom`, { body });
      assert.deepEqual((await test.retrieve(uuid)).attributes.custom, { b: 2 });
      return [answer.status, answer.text];
    };
    assert.deepEqual(await remove(), [204, '']);
    test.turn({ removedAttributes: '200' });
    assert.deepEqual(await remove(), [200, '{"custom":{"b":2}}']);
  });

  it('attributes to remove are named by key, or by objects with a key [README of the php client]', async () => {
    const { uuid } = await test.lead('lead_1');
    await CustomAttribute.update(test.config, uuid, { custom: { a: 1, b: 2 } });
    await CustomAttribute.remove(test.config, uuid, { custom: [{ key: 'a' }] });
    assert.deepEqual((await test.retrieve(uuid)).attributes.custom, { b: 2 });
  });

  it('attributes are added by e-mail, and the customers are returned [cassette of the ruby client, 2026]', async () => {
    await test.lead('lead_1', { email: 'same@example.com' });
    const custom = [{ type: 'String', key: 'channel', value: 'Facebook' }];
    const { entries } = await CustomAttribute.add(test.config, { email: 'same@example.com', custom });
    assert.deepEqual(entries[0]?.attributes.custom, { channel: 'Facebook' });
  });

  it('all attributes are retrieved by one call [cassette of the ruby client, 2026]', async () => {
    const { uuid } = await test.lead('lead_1', { attributes: { tags: ['managed'] } });
    await CustomAttribute.update(test.config, uuid, { custom: { CAC: 213 } });
    const attributes = await Customer.attributes(test.config, uuid);
    assert.deepEqual(attributes, { tags: ['managed'], stripe: {}, custom: { CAC: 213 } });
  });

  it('a value of the wrong type is a 400, not the empty 500 of the real API [issue 132, php client]', async () => {
    const { uuid } = await test.lead('lead_1');
    const add = (custom: unknown) => refusalOf(CustomAttribute.add(test.config, uuid, { custom }));
    for (const item of [
      { type: 'Integer', key: 'k', value: 'many' },
      { type: 'Timestamp', key: 'k', value: 'soon' },
      { type: 'Colour', key: 'k', value: 'red' },
      { type: 'toString', key: 'k', value: 'red' },
      { type: 'String', value: 'no key' },
    ]) {
      assert.equal((await add([item])).status, 400);
    }
    assert.equal((await add({ k: 'a map' })).status, 400);
    assert.deepEqual((await test.retrieve(uuid)).attributes.custom, {});
  });

  it('an unknown e-mail is a 404 in shape A [inferred: as with a search]', async () => {
    assert.equal((await refusalOf(Tag.add(test.config, { email: 'no@example.com', tags: ['x'] }))).status, 404);
  });

  it('keys named like Object.prototype members work like others [inferred]', async () => {
    const { uuid } = await test.lead('lead_1');
    const body = '{"custom":{"__proto__":"a","constructor":"b"}}';
    const { text } = await test.raw('PUT', `/v1/customers/${uuid}/attributes/custom`, { body });
    assert.equal(text, body);
  });
});
