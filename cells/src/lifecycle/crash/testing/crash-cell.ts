/**
 * The real program of a cell, made to die: it reads its failpoints from a file that `arm` writes, dies by
 * them or by `kill`, and is started again over the same data.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { UserId } from '@cellbook/shared/ids.ts';
import { principalHeader } from '@cellbook/shared/protocol/principal.ts';
import { closeDatabase, type Database, openDatabase } from '../../../db/database.ts';
import { sandboxTools } from '../../../sandbox/testing/tools.ts';
import { createTestEdge, testCellId } from '../../../testing/test-edge.ts';
import { until } from './until.ts';

export interface CrashCellOptions {
  databaseUrl: string;
  redisUrl: string;
  driver: 'gvisor' | 'process';
  capacity: number;
  settings?: Record<string, string>;
}

export interface Answer {
  status: number;
  body: unknown;
}

const mainFile = resolve(import.meta.dirname, '../../../main.ts');
const diesMs = 90_000;

export class CrashCell {
  readonly database: Database;
  readonly directory: string;
  readonly capacity: number;
  readonly driver: 'gvisor' | 'process';
  readonly #environment: NodeJS.ProcessEnv;
  readonly #edge: Awaited<ReturnType<typeof createTestEdge>>;
  readonly #url: string;
  #child: ChildProcess | null = null;
  #output = '';

  private constructor(
    options: CrashCellOptions,
    directory: string,
    edge: Awaited<ReturnType<typeof createTestEdge>>,
    port: number,
  ) {
    const tools = sandboxTools();
    this.capacity = options.capacity;
    this.driver = options.driver;
    this.directory = directory;
    this.#edge = edge;
    this.#url = `http://127.0.0.1:${port}`;
    this.database = openDatabase(options.databaseUrl, {
      applicationName: 'cellbook-crash',
      connectionsMax: 4,
    });
    this.#environment = {
      ...process.env,
      CELLBOOK_CELL_ID: testCellId,
      CELLBOOK_REGION_ID: 'test',
      CELLBOOK_PORT: String(port),
      CELLBOOK_DATA_DIR: this.dataDirectory,
      CELLBOOK_OBJECTS: `file:${this.objectsDirectory}`,
      CELLBOOK_SANDBOX_DRIVER: options.driver,
      CELLBOOK_RUNSC: tools.runscPath,
      CELLBOOK_IMAGE_DIR: tools.imageDirectory,
      CELLBOOK_EDGE_PUBLIC_KEYS: edge.publicKeysFile,
      CELLBOOK_SANDBOX_DISK_MIB: '64',
      CELLBOOK_SANDBOX_MEMORY_MIB: '512',
      CELLBOOK_SANDBOXES_MAX: String(options.capacity),
      CELLBOOK_FAILPOINT: `file:${this.#failpointFile}`,
      DATABASE_URL: options.databaseUrl,
      REDIS_URL: options.redisUrl,
      ...options.settings,
    };
  }

  static async create(options: CrashCellOptions): Promise<CrashCell> {
    const directory = await mkdtemp(join(tmpdir(), 'cellbook-crash-'));
    const cell = new CrashCell(options, directory, await createTestEdge(directory), await freePort());
    await cell.arm([]);
    return cell;
  }

  get dataDirectory(): string {
    return join(this.directory, 'data');
  }

  get objectsDirectory(): string {
    return join(this.directory, 'objects');
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get #failpointFile(): string {
    return join(this.directory, 'failpoints');
  }

  /** What it has said since its last start. */
  log(): string {
    return this.#output;
  }

  /** The rules from now on, also of the process that runs. */
  arm(rules: readonly string[]): Promise<void> {
    return writeFile(this.#failpointFile, rules.join('\n'));
  }

  /** Starts it. With `serves: false` it may die before it ever answers. */
  async start({ serves }: { serves: boolean } = { serves: true }): Promise<void> {
    this.#output = '';
    const child = spawn(process.execPath, [mainFile], {
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    if (!serves) return;
    await until('the cell serves', async () => {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the cell ended with ${child.exitCode ?? child.signalCode}:\n${this.#output}`);
      return (await fetch(`${this.#url}/healthz`).catch(() => null))?.ok === true;
    });
  }

  /** Waits until a failpoint has killed it; false when that does not happen. */
  async dies(): Promise<boolean> {
    const child = this.#child;
    if (!child) return true;
    return until('the cell dies', () => child.signalCode === 'SIGKILL', diesMs).then(
      () => true,
      () => false,
    );
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await ended;
  }

  async call(user: UserId, method: string, path: string, body?: unknown): Promise<Answer> {
    const headers: Record<string, string> = { [principalHeader]: await this.#edge.sign({ sub: user }) };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (method !== 'GET') headers['idempotency-key'] = crypto.randomUUID();
    const response = await fetch(`${this.#url}${path}`, {
      ...{ method, headers, signal: AbortSignal.timeout(90_000) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }

  async stop(): Promise<void> {
    await this.kill('SIGTERM');
    await closeDatabase(this.database);
    const left = await readdir(this.directory).catch(() => []);
    if (left.length > 0) await rm(this.directory, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((done, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
