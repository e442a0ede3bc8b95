import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from './cache.js';

/** A server whose parent was killed needs a moment to notice. */
const graceMs = 2000;

/** Another server uses the same SQLite file; two servers would corrupt each other's journeys. */
export class DatabaseInUseError extends Error {
  override readonly name = 'DatabaseInUseError';
}

/**
 * Ensures that a server can start on this file: its folder exists, no other server uses it, and its tables are complete
 * or not created yet.
 *
 * @throws DatabaseInUseError if the last server on this file still runs
 */
export async function prepareDatabase(dbFilename: string): Promise<void> {
  await mkdir(dirname(dbFilename), { recursive: true });
  const deadline = Date.now() + graceMs;
  for (;;) {
    const user = await lastUser(dbFilename);
    if (!user || !isAlive(user.pid) || !(await answers(user.port))) break;
    if (Date.now() > deadline) {
      throw new DatabaseInUseError(
        `${dbFilename} is in use by the Temporal server at 127.0.0.1:${user.port} (pid ${user.pid}). Stop it first.`,
      );
    }
    await sleep(100);
  }
  await removeIncomplete(dbFilename);
  if (!(await exists(dbFilename))) await writeFile(incompleteMark(dbFilename), '');
}

/** Call this when the server answers: it has created its tables. */
export async function markDatabaseComplete(dbFilename: string): Promise<void> {
  await rm(incompleteMark(dbFilename), { force: true });
}

/** A server that is killed while it creates its tables leaves a file that no later server can use. */
async function removeIncomplete(dbFilename: string): Promise<void> {
  if (!(await exists(incompleteMark(dbFilename)))) return;
  for (const file of [dbFilename, `${dbFilename}-wal`, `${dbFilename}-shm`]) await rm(file, { force: true });
}

function incompleteMark(dbFilename: string): string {
  return `${dbFilename}.incomplete`;
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}

/** Records next to the file which server uses it. The note may outlive the server, so it is verified when read. */
export async function recordDatabaseUse(dbFilename: string, pid: number, port: number): Promise<void> {
  await writeFile(noteOf(dbFilename), `${pid} ${port}\n`);
}

function noteOf(dbFilename: string): string {
  return `${dbFilename}.server`;
}

async function lastUser(dbFilename: string): Promise<{ pid: number; port: number } | undefined> {
  const note = await readFile(noteOf(dbFilename), 'utf8').catch(() => '');
  const [pid, port] = note.split(' ').map(Number);
  return pid && port ? { pid, port } : undefined;
}

/** A process id may be reused by another program, so the port is checked too. */
async function answers(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
