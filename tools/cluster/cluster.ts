import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, promisify } from 'node:util';
import { findServerBinary } from '../temporal-server/binary.js';
import type { ServerPrograms } from './build.js';
import { canConnect } from './network.js';
import { databasePassword, databaseUser, Postgres } from './postgres.js';
import type { Processes, Program } from './processes.js';
import { eventually } from './waiting.js';

const run = promisify(execFile);

/** The one that operators start from. */
const dynamicConfig = fileURLToPath(new URL('../../deploy/temporal/dynamic.yaml', import.meta.url));

/** Cannot be changed later. 512 is the default of Temporal's own chart. */
const shards = 512;
const databases = { default: 'temporal', visibility: 'temporal_visibility' } as const;
const schemas = { temporal: 'postgresql/v12/temporal', temporal_visibility: 'postgresql/v12/visibility' } as const;

const ports = { frontend: 17233, history: 17234, matching: 17235, 'internal-frontend': 17236, worker: 17239 } as const;
type Service = keyof typeof ports;
const membershipPort = (service: Service) => ports[service] - 300;

/** The processes of the cluster, as `service-host`. History is first: it writes the metadata of a new cluster. */
const members = ['history-a', 'history-b', 'matching-a', 'matching-b', 'frontend-a', 'frontend-b', 'worker-a'] as const;
export type Member = (typeof members)[number] | 'internal-frontend-a';

/** What clients must bring. */
export interface Security {
  /** A folder with certificates, see certificates.ts: mTLS for clients and between the processes. */
  readonly tls?: string;
  /** URL of a JWKS: clients need a token. */
  readonly tokenKeys?: string;
}

/** Restricts what {@link Cluster.temporal} does. */
export interface CommandOptions {
  readonly namespace?: string;
  /** Credentials, as `TEMPORAL_*`. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A Temporal cluster on PostgreSQL: two hosts with two frontends, histories and matchings, and one internal worker. */
export class Cluster {
  private security: Security = {};
  /** Loopback addresses of the two hosts. Of this process only, so that the ports are free. */
  private readonly hosts = { a: loopbackAddress(1), b: loopbackAddress(2) };

  private constructor(
    private readonly programs: ServerPrograms,
    private readonly processes: Processes,
    readonly postgres: Postgres,
    readonly folder: string,
  ) {}

  /** Creates the databases and starts everything. */
  static async start(
    programs: ServerPrograms,
    processes: Processes,
    { folder, onProgress }: { readonly folder: string; readonly onProgress: (line: string) => void },
  ): Promise<Cluster> {
    const postgres = await Postgres.create(folder, onProgress);
    await processes.start('postgres', postgres.program);
    await postgres.createRole();
    const cluster = new Cluster(programs, processes, postgres, folder);
    await mkdir(join(folder, 'log'));
    for (const database of Object.values(databases)) await cluster.createSchema(database);
    await cluster.startServer();
    return cluster;
  }

  /** `host:port` of a frontend. */
  address(host: 'a' | 'b'): string {
    return `${this.hosts[host]}:${ports.frontend}`;
  }

  /** Restarts the server if clients must bring something else than now. */
  async secure(security: Security): Promise<void> {
    if (isDeepStrictEqual(security, this.security)) return;
    await this.stopServer();
    await this.startServer(security);
  }

  /** Starts all processes of the server. PostgreSQL must be running. */
  async startServer(security: Security = {}): Promise<void> {
    this.security = security;
    const [first, ...others] = this.members();
    if (first === undefined) return;
    await this.processes.start(first, await this.program(first));
    // Processes that start on a database without metadata exit.
    await eventually(async () => {
      const rows = await this.postgres.query(databases.default, 'select count(*) from cluster_metadata_info');
      if (rows === '0') throw new Error('the cluster has no metadata');
    });
    await Promise.all(others.map(async (member) => this.processes.start(member, await this.program(member))));
  }

  /** Stops all processes of the server. PostgreSQL keeps running. */
  async stopServer(): Promise<void> {
    // Without frontends, the internal worker would not stop.
    await this.processes.stop('worker-a');
    await Promise.all(this.members().map((member) => this.processes.stop(member)));
  }

  /** Creates a namespace and waits until the frontends know it. */
  async createNamespace(namespace: string, { env = {} }: CommandOptions = {}): Promise<void> {
    const create = ['operator', 'namespace', 'create', '--retention', '30d', '--namespace', namespace];
    await eventually(() => this.temporal(create, { env }).catch(unlessItExists));
    for (const host of ['a', 'b'] as const) {
      const described = { ...env, TEMPORAL_ADDRESS: this.address(host) };
      await eventually(() => this.temporal(['workflow', 'list', '--namespace', namespace], { env: described }));
    }
  }

  /** Runs the Temporal CLI against the first frontend. Returns what it prints. */
  async temporal(args: readonly string[], { env = {}, namespace }: CommandOptions = {}): Promise<string> {
    const target = namespace === undefined ? [] : ['--namespace', namespace];
    const { PATH = '', HOME = '' } = process.env;
    const { stdout } = await run(await findServerBinary(), [...args, ...target], {
      env: { PATH, HOME, TEMPORAL_ADDRESS: this.address('a'), ...env },
      timeout: 30_000,
    });
    return stdout;
  }

  /** Writes a backup of both databases to a folder, while they are in use: the main one first, see `restore`. */
  async backUp(folder: string): Promise<void> {
    for (const database of Object.values(databases)) {
      await this.postgres.dump(database, join(folder, `${database}.dump`));
    }
  }

  /** Replaces both databases by their backups. The server must be stopped. */
  async restore(folder: string): Promise<void> {
    for (const database of Object.values(databases)) {
      await this.postgres.restore(database, join(folder, `${database}.dump`));
    }
    await this.forgetUnknownRuns();
  }

  /**
   * The backup of the visibility database is seconds newer. It lists workflows that the main one does not know: Temporal
   * would list them as running for ever, and journeys would wait for their ends.
   */
  private async forgetUnknownRuns(): Promise<void> {
    const rows = await this.postgres.query(databases.default, "select encode(run_id, 'hex') from executions");
    const runs = rows.split('\n').map((run) => `('${run}')`);
    await this.postgres.query(
      databases.visibility,
      `delete from executions_visibility
       where status = 1 and replace(run_id, '-', '') not in (values ${runs.join(', ')})`,
    );
  }

  private members(): readonly Member[] {
    return this.security.tokenKeys === undefined ? members : [...members, 'internal-frontend-a'];
  }

  private async createSchema(database: keyof typeof schemas): Promise<void> {
    const [host = '', port = ''] = this.postgres.address.split(':');
    const target = ['--plugin', 'postgres12_pgx', '--endpoint', host, '--port', port, '--database', database];
    const tool = (...args: string[]) =>
      run(this.programs.sqlTool, [...target, '--user', databaseUser, '--password', databasePassword, ...args]);
    await tool('create-database');
    await tool('setup-schema', '--version', '0.0');
    await tool('update-schema', '--schema-name', schemas[database]);
  }

  private async program(member: Member): Promise<Program> {
    const service = member.slice(0, -2) as Service; // members are `service-host`
    const host = this.hosts[member.endsWith('b') ? 'b' : 'a'];
    const file = join(this.folder, `${member}.yaml`);
    await writeFile(file, JSON.stringify(this.config(host), undefined, 2)); // JSON is YAML
    const log = join(this.folder, 'log', `${member}.log`);
    const port = service === 'worker' ? membershipPort(service) : ports[service];
    return {
      command: this.programs.server,
      args: ['--config-file', file, '--allow-no-auth', 'start', '--service', service],
      log,
      isReady: () => canConnect(port, host),
    };
  }

  private config(host: string) {
    return {
      log: { stdout: true, level: 'info', format: 'json' },
      persistence: {
        defaultStore: 'default',
        visibilityStore: 'visibility',
        numHistoryShards: shards,
        datastores: {
          default: { sql: this.store(databases.default, 20) },
          visibility: { sql: this.store(databases.visibility, 10) },
        },
      },
      global: {
        membership: { maxJoinDuration: '30s', broadcastAddress: host },
        ...(this.security.tls !== undefined && { tls: tlsConfig(this.security.tls) }),
        ...(this.security.tokenKeys !== undefined && { authorization: authorizationConfig(this.security.tokenKeys) }),
      },
      services: Object.fromEntries(
        this.services().map((service) => {
          const rpc = { grpcPort: ports[service], membershipPort: membershipPort(service), bindOnIP: host };
          return [service, { rpc }];
        }),
      ),
      clusterMetadata: {
        enableGlobalNamespace: false,
        failoverVersionIncrement: 10,
        masterClusterName: 'active',
        currentClusterName: 'active',
        clusterInformation: {
          active: {
            enabled: true,
            initialFailoverVersion: 1,
            rpcName: 'frontend',
            rpcAddress: this.address('a'),
          },
        },
      },
      dcRedirectionPolicy: { policy: 'noop' },
      archival: {
        history: { state: 'disabled', enableRead: false },
        visibility: { state: 'disabled', enableRead: false },
      },
      dynamicConfigClient: { filepath: dynamicConfig, pollInterval: '10s' },
    };
  }

  /** With `internal-frontend`, the internal worker connects there, without a token. */
  private services(): readonly Service[] {
    const all = ['frontend', 'history', 'matching', 'worker'] as const;
    return this.security.tokenKeys === undefined ? all : [...all, 'internal-frontend'];
  }

  private store(databaseName: string, maxConns: number) {
    return {
      pluginName: 'postgres12_pgx',
      databaseName,
      connectAddr: this.postgres.address,
      connectProtocol: 'tcp',
      user: databaseUser,
      password: databasePassword,
      maxConns,
      maxIdleConns: maxConns,
      maxConnLifetime: '1h',
    };
  }
}

function tlsConfig(folder: string) {
  const authority = join(folder, 'ca.pem');
  const server = {
    certFile: join(folder, 'server.pem'),
    keyFile: join(folder, 'server.key'),
    requireClientAuth: true,
    clientCaFiles: [authority],
  };
  const client = { serverName: 'temporal.internal', rootCaFiles: [authority] };
  return { internode: { server, client }, frontend: { server, client } };
}

function authorizationConfig(keys: string) {
  return {
    jwtKeyProvider: { keySourceURIs: [keys], refreshInterval: '1m' },
    permissionsClaimName: 'permissions',
    authorizer: 'default',
    claimMapper: 'default',
  };
}

/** An address of the loopback network that no other run has, for example 127.12.34.1. */
function loopbackAddress(host: number): string {
  return `127.${1 + ((process.pid >> 8) % 254)}.${process.pid % 256}.${host}`;
}

function unlessItExists(error: unknown): void {
  if (!String(error).includes('already exists')) throw error;
}
