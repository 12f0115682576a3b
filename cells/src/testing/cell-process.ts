/** For tests: the real program of a cell as a process, with an edge's key pair, and requests as that edge. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { newUserId, type UserId } from '@cellbook/shared/ids.ts';
import { type Principal, principalHeader } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { createTestDatabase, createTestRedisUrl, type TestDatabase } from '../db/test-database.ts';
import { sandboxTools } from '../sandbox/testing/tools.ts';
import { createTestEdge, type TestEdge, testCellId } from './test-edge.ts';

export interface CellProcess {
  url: string;
  edge: TestEdge;
  userId: UserId;
  database: TestDatabase;
  dataDirectory: string;
  /** As a user (the usual one unless told otherwise) through the edge. */
  headers(claims?: Partial<Record<keyof Principal, unknown>>): Promise<Record<string, string>>;
  log(): string;
  /** Ends it by a signal, and starts it again over the same data. */
  restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  stop(): Promise<void>;
}

const mainFile = resolve(import.meta.dirname, '../main.ts');

export async function startCellProcess(settings: Record<string, string> = {}): Promise<CellProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'cellbook-cell-'));
  const database = await createTestDatabase({ migrated: false });
  const edge = await createTestEdge(directory);
  const userId = newUserId(systemRandom);
  const port = await freePort();
  const tools = sandboxTools();
  const environment = {
    ...process.env,
    CELLBOOK_CELL_ID: testCellId,
    CELLBOOK_REGION_ID: 'test',
    CELLBOOK_PORT: String(port),
    CELLBOOK_DATA_DIR: join(directory, 'data'),
    CELLBOOK_OBJECTS: `file:${join(directory, 'objects')}`,
    CELLBOOK_RUNSC: tools.runscPath,
    CELLBOOK_IMAGE_DIR: tools.imageDirectory,
    CELLBOOK_EDGE_PUBLIC_KEYS: edge.publicKeysFile,
    CELLBOOK_SANDBOX_DISK_MIB: '256',
    CELLBOOK_SANDBOXES_MAX: '4',
    DATABASE_URL: database.url,
    REDIS_URL: await createTestRedisUrl(),
    ...settings,
  };
  const url = `http://127.0.0.1:${port}`;
  let output = '';
  let child = await launch();

  async function launch(): Promise<ChildProcess> {
    const started = spawn(process.execPath, [mainFile], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [started.stdout, started.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    await untilHealthy(url, started, () => output);
    return started;
  }

  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  };

  return {
    url,
    edge,
    userId,
    database,
    dataDirectory: join(directory, 'data'),
    async headers(claims = {}) {
      return { [principalHeader]: await edge.sign({ sub: userId, ...claims }) };
    },
    log: () => output,
    async restart(signal) {
      await end(signal);
      child = await launch();
    },
    async stop() {
      await end('SIGTERM');
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const startDeadlineMs = 60_000;

async function untilHealthy(url: string, child: ChildProcess, output: () => string): Promise<void> {
  const untilMs = systemClock.monotonicMs() + startDeadlineMs;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the cell ended with ${child.exitCode}:\n${output()}`);
    const answer = await fetch(`${url}/healthz`).catch(() => null);
    if (answer?.ok) return;
    if (systemClock.monotonicMs() > untilMs) throw new Error(`the cell does not answer:\n${output()}`);
    await new Promise((resolve) => systemClock.setTimer(50, () => resolve(undefined)));
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
