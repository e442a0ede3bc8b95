import { execFile } from 'node:child_process';
import { appendFile, chmod, chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { canConnect, freePort } from './network.js';
import type { Program } from './processes.js';

const run = promisify(execFile);
const host = '127.0.0.1';
const debianFolder = '/usr/lib/postgresql';

/** The role that owns Temporal's databases. It is no superuser. */
export const databaseUser = 'temporal';
export const databasePassword = 'temporal';

/** PostgreSQL is missing or does not work. The message says what to do. */
export class PostgresError extends Error {
  override readonly name = 'PostgresError';
}

/** A PostgreSQL of this machine, with its data in a folder of its own. */
export class Postgres {
  private constructor(
    private readonly programs: string,
    private readonly folder: string,
    readonly port: number,
  ) {}

  /**
   * Creates the data folder. Installs Debian's package first if PostgreSQL is missing.
   *
   * @throws PostgresError
   */
  static async create(folder: string, onProgress: (line: string) => void): Promise<Postgres> {
    const programs = await programsFolder(onProgress);
    const postgres = new Postgres(programs, join(folder, 'postgres'), await freePort());
    await postgres.initialize();
    return postgres;
  }

  get address(): string {
    return `${host}:${this.port}`;
  }

  /** For {@link Processes}. */
  get program(): Program {
    const [command = '', ...args] = asOwner(join(this.programs, 'postgres'), '-D', this.folder);
    return {
      ...{ command, args, cwd: this.folder, log: `${this.folder}.log` },
      isReady: async () => (await canConnect(this.port, host)) && (await this.answers()),
    };
  }

  /** Creates the role of the server. PostgreSQL must be running. */
  async createRole(): Promise<void> {
    await this.as('postgres', 'psql', [
      '--command',
      `create role ${databaseUser} login createdb password '${databasePassword}'`,
    ]);
  }

  /** Runs an SQL statement in a database. Returns the rows, with one line each. */
  async query(database: string, statement: string): Promise<string> {
    const args = ['--no-align', '--tuples-only', '--dbname', database, '--command', statement];
    return await this.as(databaseUser, 'psql', args);
  }

  /** Writes a backup of a database to a file, while it is in use. */
  async dump(database: string, file: string): Promise<void> {
    await this.as(databaseUser, 'pg_dump', ['--format', 'custom', '--file', file, database]);
  }

  /** Replaces a database by its backup. Nothing may be connected to it. */
  async restore(database: string, file: string): Promise<void> {
    await this.as(databaseUser, 'dropdb', [database]);
    await this.as(databaseUser, 'createdb', [database]);
    await this.as(databaseUser, 'pg_restore', ['--no-owner', '--exit-on-error', '--dbname', database, file]);
  }

  private async answers(): Promise<boolean> {
    return await this.as('postgres', 'psql', ['--command', 'select 1']).then(
      () => true,
      () => false,
    );
  }

  private async as(user: string, program: string, args: readonly string[]): Promise<string> {
    const target = ['--host', host, '--port', String(this.port), '--username', user];
    const env = { ...process.env, PGPASSWORD: databasePassword, PGDATABASE: 'postgres' };
    const { stdout } = await run(join(this.programs, program), [...target, ...args], { env });
    return stdout.trim();
  }

  private async initialize(): Promise<void> {
    const passwordFile = `${this.folder}.password`;
    await mkdir(this.folder);
    await writeFile(passwordFile, databasePassword);
    await chmod(passwordFile, 0o644);
    if (isRoot()) await giveToOwner(this.folder);
    const options = ['--username', 'postgres', '--pwfile', passwordFile, '--auth', 'scram-sha-256'];
    const [command = '', ...args] = asOwner(
      join(this.programs, 'initdb'),
      ...['--pgdata', this.folder, '--encoding', 'UTF8', '--locale', 'C', ...options],
    );
    await run(command, args, { cwd: this.folder });
    await appendFile(
      join(this.folder, 'postgresql.conf'),
      [
        `listen_addresses = '${host}'`,
        `port = ${this.port}`,
        `unix_socket_directories = ''`,
        'max_connections = 300',
        'shared_buffers = 256MB',
        '',
      ].join('\n'),
    );
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** PostgreSQL refuses to run as root: root runs it as the user that Debian's package creates. */
function asOwner(...command: string[]): string[] {
  return isRoot() ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', ...command] : command;
}

async function giveToOwner(folder: string): Promise<void> {
  const idOf = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout);
  await chown(folder, await idOf('-u'), await idOf('-g'));
}

/** The programs of the newest version. Debian does not put all of them on the PATH. */
async function programsFolder(onProgress: (line: string) => void): Promise<string> {
  const found = await newestVersion();
  if (found !== undefined) return found;
  const command = ['apt-get', 'install', '-y', 'postgresql'] as const;
  const message = `PostgreSQL is missing in ${debianFolder}. Run: ${command.join(' ')}`;
  if (!isRoot()) throw new PostgresError(`${message} (as root)`);
  onProgress(`installing PostgreSQL: ${command.join(' ')}`);
  const [program, ...args] = command;
  await run(program, args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }).catch((error: unknown) => {
    throw new PostgresError(message, { cause: error });
  });
  const installed = await newestVersion();
  if (installed === undefined) throw new PostgresError(message);
  return installed;
}

async function newestVersion(): Promise<string | undefined> {
  const versions = await readdir(debianFolder).catch(() => []);
  const [newest] = versions.filter((name) => /^\d+$/.test(name)).sort((one, other) => Number(other) - Number(one));
  return newest === undefined ? undefined : join(debianFolder, newest, 'bin');
}
