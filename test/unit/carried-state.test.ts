import assert from 'node:assert/strict';
import { type Carried, carry, type Migration, migrate, NewerStateError } from '../../src/workflows/carried-state.js';

/** Version 3 of an invented state; version 1 had one name, version 2 had two. */
interface State {
  readonly names: readonly string[];
}
const migrations: readonly Migration[] = [
  (state) => {
    const { name } = state as { name: string };
    return { first: name.split(' ')[0], last: name.split(' ')[1] };
  },
  (state) => {
    const { first, last } = state as { first: string; last: string };
    return { names: [first, last] };
  },
];
const names = ['Adam', 'Smith'];

describe('a carried state', () => {
  it('is version 1 without a version', () => {
    assert.deepEqual(migrate(older({ name: 'Adam Smith' }), migrations), { names });
  });

  it('takes only the migrations after its version', () => {
    assert.deepEqual(migrate(older({ first: 'Adam', last: 'Smith', schemaVersion: 2 }), migrations), { names });
  });

  it('is unchanged in the current version, without its version', () => {
    const carried = carry<State>({ names }, migrations);

    assert.deepEqual(carried, { names, schemaVersion: 3 });
    assert.deepEqual(migrate(carried, migrations), { names });
  });

  it('starts at version 1 if there are no migrations', () => {
    assert.deepEqual(carry({ names }, []), { names, schemaVersion: 1 });
  });

  it('is refused if it is newer than the worker', () => {
    assert.throws(
      () => migrate({ names, schemaVersion: 4 }, migrations),
      (error) => error instanceof NewerStateError && /version 4, and this worker knows only 3/.test(error.message),
    );
  });
});

function older(state: object): Carried<State> {
  return state as Carried<State>;
}
