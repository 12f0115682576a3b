/** For tests: the real program of a cell as a process, with an edge's key pair, and requests as that edge. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { controllerName, hostName } from '@cellbook/shared/certificates/names.ts';
import { cellIdSchema, hostIdSchema, newUserId, type UserId } from '@cellbook/shared/ids.ts';
import { freePort } from '@cellbook/shared/ports.ts';
import { type Principal, principalHeader } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { endBelow } from '@cellbook/shared/testing/end-below.ts';
import { Agent } from 'undici';
import { createTestDatabase, createTestRedisUrl, type TestDatabase } from '../db/test-database.ts';
import { scratchOf } from '../host/daemon/open-images.ts';
import { TestAuthority } from '../host/testing/certificates.ts';
import { LoopHomes } from '../sandbox/quota/loop-homes.ts';
import { sandboxTools } from '../sandbox/testing/tools.ts';
import { makeMasterKeys } from '../secrets/master-keys.ts';
import { Scratch } from '../snapshots/scratch.ts';
import { type Program, startProgram } from './program.ts';
import { createTestEdge, type TestEdge, testCellId } from './test-edge.ts';

export interface HostProcess extends Program {
  hostId: string;
  url: string;
  dataDirectory: string;
  keyFile: string;
  /** As its controller asks it. */
  command(path: string, init: RequestInit): Promise<Response>;
}

export interface CellProcess extends Program {
  url: string;
  edge: TestEdge;
  userId: UserId;
  database: TestDatabase;
  dataDirectory: string;
  /** As a user (the usual one unless told otherwise) through the edge. */
  headers(claims?: Partial<Record<keyof Principal, unknown>>): Promise<Record<string, string>>;
  /** Its host daemons; none where it is its own host. */
  hosts: HostProcess[];
  stop(): Promise<void>;
}

const mainFile = resolve(import.meta.dirname, '../main.ts');
const hostFile = resolve(import.meta.dirname, '../host/main.ts');

export async function startCellProcess(
  settings: Record<string, string> = {},
  options: { hosts?: readonly string[] } = {},
): Promise<CellProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'cellbook-cell-'));
  const database = await createTestDatabase({ migrated: false });
  const edge = await createTestEdge(directory);
  const userId = newUserId(systemRandom);
  const port = await freePort();
  const tools = sandboxTools();
  const secretKeys = join(directory, 'secrets.jwks.json');
  await makeMasterKeys(secretKeys, systemRandom);
  const environment = {
    ...process.env,
    UV_THREADPOOL_SIZE: '32',
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
    CELLBOOK_SECRET_KEYS: secretKeys,
    DATABASE_URL: database.url,
    REDIS_URL: await createTestRedisUrl(),
    ...settings,
  };
  const url = `http://127.0.0.1:${port}`;
  const hosts = await startHosts(options.hosts ?? [], environment, directory);
  const program = await startProgram({
    file: mainFile,
    environment: { ...environment, ...hostSettings(hosts) },
    url,
  });

  return {
    url,
    edge,
    userId,
    database,
    dataDirectory: join(directory, 'data'),
    hosts,
    async headers(claims = {}) {
      return { [principalHeader]: await edge.sign({ sub: userId, ...claims }) };
    },
    ...program,
    async stop() {
      await program.end('SIGTERM');
      for (const host of hosts) await host.end('SIGTERM');
      // Sandboxes of hosts outlive them.
      await endBelow(directory);
      for (const host of hosts) await releaseHomes(host);
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What a daemon leaves for its next start, which a test does not have. */
async function releaseHomes({ dataDirectory }: HostProcess): Promise<void> {
  await new Scratch(scratchOf(join(dataDirectory, 'host'))).unmount();
  const homes = new LoopHomes(join(dataDirectory, 'host', 'homes'));
  for (const workspaceId of await homes.list()) await homes.releaseHome(workspaceId);
}

/** The cell's daemons; started before it, so they wait for the tables that it makes. */
async function startHosts(
  hostIds: readonly string[],
  environment: NodeJS.ProcessEnv,
  directory: string,
): Promise<HostProcess[]> {
  const keyFile = join(directory, 'host-key');
  const authority = await TestAuthority.create();
  const controller = { name: controllerName(cellIdSchema.parse(testCellId)), use: 'controller' as const };
  const shown = await authority.write(join(directory, 'tls'), controller);
  await writeFile(keyFile, 'a key that only this cell and its hosts know');
  const hosts = hostIds.map(async (hostId): Promise<HostProcess> => {
    const port = await freePort();
    const name = hostName(cellIdSchema.parse(testCellId), hostIdSchema.parse(hostId));
    const url = `https://127.0.0.1:${port}`;
    const dispatcher = new Agent({ connect: { ...(await connectAs(shown)), servername: name } });
    const command = (path: string, init: RequestInit) => fetch(`${url}${path}`, { ...init, dispatcher });
    const dataDirectory = join(directory, `host-${hostId}`);
    const settings = {
      CELLBOOK_HOST_ID: hostId,
      CELLBOOK_HOST_PORT: String(port),
      CELLBOOK_HOST_KEY_FILE: keyFile,
      CELLBOOK_DATA_DIR: dataDirectory,
      CELLBOOK_TLS_DIR: await authority.write(join(directory, `tls-${hostId}`), { name, use: 'host' }),
    };
    const program = await startProgram({
      file: hostFile,
      environment: { ...environment, ...settings },
      url: null,
    });
    return { ...program, hostId, url, dataDirectory, keyFile, command };
  });
  return Promise.all(hosts);
}

async function connectAs(tlsDirectory: string) {
  const files = ['tls.crt', 'tls.key', 'ca.crt'].map((file) => readFile(join(tlsDirectory, file), 'utf8'));
  const [cert, key, ca] = await Promise.all(files);
  return { cert, key, ca };
}

function hostSettings(hosts: readonly HostProcess[]): Record<string, string> {
  const [first] = hosts;
  if (!first) return {};
  const list = hosts.map(({ hostId, url }) => `${hostId}=${url}`).join(',');
  const tlsDirectory = join(dirname(first.keyFile), 'tls');
  return { CELLBOOK_HOSTS: list, CELLBOOK_HOST_KEY_FILE: first.keyFile, CELLBOOK_TLS_DIR: tlsDirectory };
}
