/**
 * The states that workflows pass to their next run, and every migration between the versions of their schemas. Only
 * this file knows earlier schemas.
 *
 * A change that running workflows would not survive (a required field, a field with another meaning) needs a migration:
 * append a function to the list. The first one converts version 1 to version 2, and so on, so the length of the list
 * defines the current version.
 */
export type Migration = (state: unknown) => unknown;

/** For `JourneyState`. */
export const journeyMigrations: readonly Migration[] = Object.freeze([]);
/** For `CarriedMemory`. */
export const billingMigrations: readonly Migration[] = Object.freeze([]);
/** For `AuditState`. */
export const auditMigrations: readonly Migration[] = Object.freeze([]);

/** A state with the version of its schema. A state without one is version 1. */
export type Carried<State> = State & { readonly schemaVersion?: number };

/**
 * The state is newer than this worker. Fails the workflow task and not the workflow, so that the workflow continues on a
 * newer worker.
 */
export class NewerStateError extends Error {
  override readonly name = 'NewerStateError';
}

/** Adds the current version to a state, for the next run. */
export function carry<State extends object>(state: State, migrations: readonly Migration[]): Carried<State> {
  return { ...state, schemaVersion: currentVersion(migrations) };
}

/**
 * Converts the state of the previous run to the current version.
 *
 * @throws NewerStateError
 */
export function migrate<State extends object>(carried: Carried<State>, migrations: readonly Migration[]): State {
  const { schemaVersion = 1, ...state } = carried;
  const current = currentVersion(migrations);
  if (schemaVersion > current) {
    const versions = `schema version ${schemaVersion}, and this worker knows only ${current}`;
    throw new NewerStateError(`the state of the previous run has ${versions}: run a newer worker`);
  }
  // The last migration returns the current version, and without one the state is current.
  return migrations.slice(schemaVersion - 1).reduce<unknown>((older, migration) => migration(older), state) as State;
}

function currentVersion(migrations: readonly Migration[]): number {
  return migrations.length + 1;
}
