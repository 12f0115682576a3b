/**
 * The real programs of a cell over data that outlives them: the controller (`program`) and, where asked for,
 * a host daemon of its own (`daemon`); without one the controller is its own host.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { newOrgId, type OrgId, type UserId } from '@cellbook/shared/ids.ts';
import { freePort } from '@cellbook/shared/ports.ts';
import { principalHeader } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { endBelow } from '@cellbook/shared/testing/end-below.ts';
import { closeDatabase, type Database, openDatabase } from '../../../db/database.ts';
import { sandboxTools } from '../../../sandbox/testing/tools.ts';
import { makeMasterKeys } from '../../../secrets/master-keys.ts';
import { createTestEdge, type TestEdge, testCellId } from '../../../testing/test-edge.ts';
import { Program } from './program.ts';

export interface CrashCellOptions {
  databaseUrl: string;
  redisUrl: string;
  driver: 'gvisor' | 'process';
  capacity: number;
  /** Sandboxes are a daemon's, and outlive the controller. */
  daemon?: boolean;
  settings?: Record<string, string>;
}

export interface Answer {
  status: number;
  body: unknown;
}

export const crashHostId = `${testCellId}-a`;

interface Places {
  directory: string;
  edge: TestEdge;
  port: number;
  hostPort: number;
}

export class CrashCell {
  readonly database: Database;
  readonly directory: string;
  readonly capacity: number;
  /** Its host is a daemon with real sandboxes. */
  readonly keepsMemory: boolean;
  readonly program: Program;
  readonly daemon: Program | null;
  readonly url: string;
  readonly hostUrl: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly #edge: TestEdge;
  /** One for each user, so that no quota is met. */
  readonly #orgs = new Map<UserId, OrgId>();

  private constructor(options: CrashCellOptions, { directory, edge, port, hostPort }: Places) {
    this.capacity = options.capacity;
    this.keepsMemory = options.daemon === true && options.driver === 'gvisor';
    this.directory = directory;
    this.#edge = edge;
    this.url = `http://127.0.0.1:${port}`;
    this.hostUrl = `http://127.0.0.1:${hostPort}`;
    const { databaseUrl } = options;
    this.database = openDatabase(databaseUrl, { applicationName: 'cellbook-crash', connectionsMax: 4 });
    this.environment = {
      ...environmentOf(options, edge),
      CELLBOOK_PORT: String(port),
      CELLBOOK_OBJECTS: `file:${this.objectsDirectory}`,
      CELLBOOK_HOST_PORT: String(hostPort),
      CELLBOOK_HOST_KEY_FILE: join(directory, 'host-key'),
      CELLBOOK_SECRET_KEYS: join(directory, 'secrets.jwks.json'),
      ...(options.daemon && { CELLBOOK_HOSTS: `${crashHostId}=${this.hostUrl}` }),
      ...options.settings,
    };
    this.program = new Program({
      mainFile: resolve(import.meta.dirname, '../../../main.ts'),
      healthUrl: `${this.url}/healthz`,
      failpointFile: join(directory, 'failpoints'),
      environment: { ...this.environment, CELLBOOK_DATA_DIR: join(directory, 'data') },
    });
    this.daemon = options.daemon ? this.#createDaemon() : null;
  }

  static async create(options: CrashCellOptions): Promise<CrashCell> {
    const directory = await mkdtemp(join(tmpdir(), 'cellbook-crash-'));
    const edge = await createTestEdge(directory);
    await writeFile(join(directory, 'host-key'), crypto.randomUUID() + crypto.randomUUID(), { mode: 0o600 });
    await makeMasterKeys(join(directory, 'secrets.jwks.json'), systemRandom);
    const places = { directory, edge, port: await freePort(), hostPort: await freePort() };
    const cell = new CrashCell(options, places);
    await cell.program.arm([]);
    await cell.daemon?.arm([]);
    return cell;
  }

  /** Of whoever is the host. */
  get hostDataDirectory(): string {
    return join(this.directory, this.daemon ? 'daemon' : 'data');
  }

  get objectsDirectory(): string {
    return join(this.directory, 'objects');
  }

  /** The controller first: it makes the schema that a daemon waits for. */
  async startAll(): Promise<void> {
    await Promise.all([this.program.start(), this.daemon?.start()]);
  }

  async call(
    user: UserId,
    method: string,
    path: string,
    body?: unknown,
    key: string = crypto.randomUUID(),
  ): Promise<Answer> {
    const headers = await this.headers(user);
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (method !== 'GET') headers['idempotency-key'] = key;
    const response = await fetch(`${this.url}${path}`, {
      ...{ method, headers, signal: AbortSignal.timeout(90_000) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }

  /** A command to the daemon, as its controller gives it. */
  async commandHost(path: string, body: unknown): Promise<Answer> {
    const key = (await readFile(join(this.directory, 'host-key'), 'utf8')).trim();
    const response = await fetch(`${this.hostUrl}${path}`, {
      ...{ method: 'POST', body: JSON.stringify(body) },
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    });
    return { status: response.status, body: await response.json() };
  }

  /** Of a tier whose frozen sandboxes stay for as long as a batch takes to be made ready. */
  async headers(user: UserId): Promise<Record<string, string>> {
    const org = this.#orgs.get(user) ?? newOrgId(systemRandom);
    this.#orgs.set(user, org);
    return { [principalHeader]: await this.#edge.sign({ sub: user, org, tier: 'paid' }) };
  }

  async stop(): Promise<void> {
    await this.program.kill('SIGTERM');
    await this.daemon?.kill('SIGTERM');
    await closeDatabase(this.database);
    // A leak is told by the judge; it must not stay on the machine that found it. Nor what sleeps when a run breaks off.
    await endBelow(this.directory);
    await unmountBelow(this.directory);
    await rm(this.directory, { recursive: true, force: true });
  }

  #createDaemon(): Program {
    return new Program({
      mainFile: resolve(import.meta.dirname, '../../../host/main.ts'),
      healthUrl: `${this.hostUrl}/healthz`,
      failpointFile: join(this.directory, 'daemon-failpoints'),
      environment: {
        ...this.environment,
        ...{ CELLBOOK_HOST_ID: crashHostId, CELLBOOK_DATA_DIR: join(this.directory, 'daemon') },
      },
    });
  }
}

async function unmountBelow(directory: string): Promise<void> {
  const points = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[4]);
  for (const point of points)
    if (point?.startsWith(directory)) await promisify(execFile)('umount', ['--lazy', point]).catch(() => {});
}

function environmentOf(options: CrashCellOptions, edge: TestEdge): NodeJS.ProcessEnv {
  const tools = sandboxTools();
  return {
    ...process.env,
    CELLBOOK_CELL_ID: testCellId,
    CELLBOOK_REGION_ID: 'test',
    CELLBOOK_SANDBOX_DRIVER: options.driver,
    CELLBOOK_RUNSC: tools.runscPath,
    CELLBOOK_IMAGE_DIR: tools.imageDirectory,
    CELLBOOK_EDGE_PUBLIC_KEYS: edge.publicKeysFile,
    CELLBOOK_SANDBOX_DISK_MIB: '64',
    CELLBOOK_SANDBOX_MEMORY_MIB: '512',
    CELLBOOK_SANDBOXES_MAX: String(options.capacity),
    DATABASE_URL: options.databaseUrl,
    REDIS_URL: options.redisUrl,
  };
}
