/** A cell's configuration, from its environment. Anything missing or malformed is told by name before it starts. */
import { availableParallelism, totalmem } from 'node:os';
import { CellbookError } from '@cellbook/shared/errors.ts';
import {
  type CellId,
  cellIdSchema,
  type HostId,
  hostIdSchema,
  type RegionId,
  regionIdSchema,
} from '@cellbook/shared/ids.ts';
import { z } from 'zod';
import { isLoopback } from './host/wire/loopback.ts';
import { type PoolSetting, poolSettingSchema } from './pool/pool-setting.ts';

/** In plain a daemon is reached on this machine alone; anywhere else both sides show certificates. */
const hostUrlSchema = z.url({ protocol: /^https?$/ }).refine(isTlsOrLoopback, {
  error: 'a host daemon is reached over https, or over http on 127.0.0.1: ops/runbooks/certificates.md',
});

function isTlsOrLoopback(url: string): boolean {
  const { protocol = '', hostname = '' } = URL.parse(url) ?? {};
  return protocol === 'https:' || isLoopback(hostname);
}

const hostsSchema = z
  .string()
  .transform((text) => text.split(',').map((entry) => entry.trim().split('=')))
  .pipe(
    z
      .array(z.tuple([hostIdSchema, hostUrlSchema]))
      .min(1)
      .transform((pairs) => pairs.map(([hostId, url]) => ({ hostId, url }))),
  );

const environmentSchema = z.object({
  CELLBOOK_CELL_ID: cellIdSchema,
  CELLBOOK_REGION_ID: regionIdSchema,
  CELLBOOK_PORT: z.coerce.number().int().min(0).max(65_535),
  /** Where it listens; the edge reaches it there. */
  CELLBOOK_BIND: z.string().default('127.0.0.1'),
  /** This machine's name among the cell's hosts. */
  CELLBOOK_HOST_ID: hostIdSchema.optional(),
  /** `id=url` of each host daemon, with commas between; absent: this process is the cell's one host itself. */
  CELLBOOK_HOSTS: hostsSchema.optional(),
  /** The key that this cell's daemons know it by. */
  CELLBOOK_HOST_KEY_FILE: z.string().min(1).optional(),
  /** Its certificate, key and authorities (host/tls/identity.ts), for daemons that are reached over https. */
  CELLBOOK_TLS_DIR: z.string().min(1).optional(),
  CELLBOOK_DATA_DIR: z.string().min(1),
  DATABASE_URL: z.url(),
  REDIS_URL: z.url().optional(),
  CELLBOOK_OBJECTS: z.string().min(1),
  CELLBOOK_SANDBOX_DRIVER: z.enum(['gvisor', 'process', 'none']).default('gvisor'),
  CELLBOOK_RUNSC: z.string().optional(),
  CELLBOOK_IMAGE_DIR: z.string().optional(),
  /** The Python of the process driver. */
  CELLBOOK_PYTHON: z.string().optional(),
  CELLBOOK_EDGE_PUBLIC_KEYS: z.string().min(1),
  /** A JWK file: the key that pin documents are verified with. Without it the cell takes none and serves everybody. */
  CELLBOOK_PIN_PUBLIC_KEY: z.string().min(1).optional(),
  /** The edge's public address, and this cell's own key (a JWK file), to ask things of it; without them it stands alone. */
  CELLBOOK_EDGE_URL: z.url({ protocol: /^https?$/ }).optional(),
  CELLBOOK_CELL_KEY: z.string().min(1).optional(),
  CELLBOOK_LAB_SCHEMAS: z.string().optional(),
  /** The keys that sign the audit log's checkpoints; absent: `audit-key.json` in the data directory. */
  CELLBOOK_AUDIT_KEY: z.string().min(1).optional(),
  /** Every event of the audit log is kept so long at least, whatever its tier or its organisation says. */
  CELLBOOK_AUDIT_RETENTION_DAYS: z.coerce.number().int().min(0).default(0),
  /** `exported`: of what has had its time only what an operator's export has come back for is removed. */
  CELLBOOK_AUDIT_REMOVE: z.enum(['expired', 'exported']).default('expired'),
  /** The master keys of secrets (cells/src/secrets/master-keys.ts); absent: none are kept. */
  CELLBOOK_SECRET_KEYS: z.string().min(1).optional(),
  /** What sandboxes may reach: a file (egress/egress-policy.ts), or `off`; absent: the package indexes. */
  CELLBOOK_EGRESS: z.string().min(1).optional(),
  /** Sandboxes that hosts which are daemons keep ready for whoever comes next (pool/pool-setting.ts). */
  CELLBOOK_POOL: poolSettingSchema,
  /** Sandboxes at once, live and starting; absent: as many as fit this machine's memory. */
  CELLBOOK_SANDBOXES_MAX: z.coerce.number().int().min(1).optional(),
  /** What of this machine's memory the cell's sandboxes may count on, where cells share one; absent: all of it. */
  CELLBOOK_MACHINE_MEMORY_MIB: z.coerce.number().int().min(1).optional(),
  CELLBOOK_SANDBOX_MEMORY_MIB: z.coerce.number().int().min(256).default(2_048),
  CELLBOOK_SANDBOX_DISK_MIB: z.coerce.number().int().min(64).default(10_240),
  CELLBOOK_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

export interface CellConfig {
  cellId: CellId;
  regionId: RegionId;
  /** Its own as a host; where hosts are daemons, no sandbox runs under it. */
  hostId: HostId;
  /** Null where this process is the host. */
  hosts: { hostId: HostId; url: string }[] | null;
  hostKeyFile: string | null;
  tlsDirectory: string | null;
  /** Names the holders of its leases, and the lock that only one such process has. */
  controllerId: string;
  bind: string;
  port: number;
  dataDirectory: string;
  databaseUrl: string;
  redisUrl: string | null;
  objects: string;
  sandbox: {
    driver: 'gvisor' | 'process' | 'none';
    runscPath: string;
    imageDirectory: string | null;
    python: string | null;
    egress: string | null;
    capacity: number;
    memoryBytesMax: number;
    cpuMillisMax: number;
    diskBytesMax: number;
  };
  /** What of it its hosts keep ready. */
  pool: PoolSetting;
  edgePublicKeysFile: string;
  pinPublicKeyFile: string | null;
  /** Null: it asks nothing of the edge. */
  edge: { url: string; keyFile: string } | null;
  labDataDirectory: string | null;
  auditKeyFile: string | null;
  auditRetentionDaysMin: number;
  auditRemovesOnlyExported: boolean;
  secretKeysFile: string | null;
  logLevel: string;
}

const mebibyte = 1024 ** 2;

export function readConfig(environment: NodeJS.ProcessEnv): CellConfig {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    throw new CellbookError('bad_request', {
      doing: 'reading the configuration from the environment',
      problem: z.prettifyError(parsed.error),
      next: 'Set these variables; `npm start` sets them all.',
    });
  }
  const given = parsed.data;
  const memoryBytesMax = given.CELLBOOK_SANDBOX_MEMORY_MIB * mebibyte;
  const machineMib = given.CELLBOOK_MACHINE_MEMORY_MIB;
  const machineBytes = machineMib === undefined ? totalmem() : machineMib * mebibyte;
  const hostId =
    given.CELLBOOK_HOST_ID ??
    hostIdSchema.parse(
      `${given.CELLBOOK_CELL_ID}-${given.CELLBOOK_HOSTS === undefined ? 'a' : 'controller'}`,
    );
  return {
    cellId: given.CELLBOOK_CELL_ID,
    regionId: given.CELLBOOK_REGION_ID,
    hostId,
    hosts: given.CELLBOOK_HOSTS ?? null,
    hostKeyFile: given.CELLBOOK_HOST_KEY_FILE ?? null,
    tlsDirectory: given.CELLBOOK_TLS_DIR ?? null,
    controllerId: given.CELLBOOK_HOSTS === undefined ? hostId : given.CELLBOOK_CELL_ID,
    bind: given.CELLBOOK_BIND,
    port: given.CELLBOOK_PORT,
    dataDirectory: given.CELLBOOK_DATA_DIR,
    databaseUrl: given.DATABASE_URL,
    redisUrl: given.REDIS_URL ?? null,
    objects: given.CELLBOOK_OBJECTS,
    sandbox: {
      driver: given.CELLBOOK_SANDBOX_DRIVER,
      runscPath: given.CELLBOOK_RUNSC ?? 'runsc',
      imageDirectory: given.CELLBOOK_IMAGE_DIR ?? null,
      python: given.CELLBOOK_PYTHON ?? null,
      egress: given.CELLBOOK_EGRESS ?? null,
      capacity: given.CELLBOOK_SANDBOXES_MAX ?? capacityOf(machineBytes, memoryBytesMax),
      memoryBytesMax,
      cpuMillisMax: availableParallelism() * 1_000,
      diskBytesMax: given.CELLBOOK_SANDBOX_DISK_MIB * mebibyte,
    },
    pool: given.CELLBOOK_POOL,
    edgePublicKeysFile: given.CELLBOOK_EDGE_PUBLIC_KEYS,
    pinPublicKeyFile: given.CELLBOOK_PIN_PUBLIC_KEY ?? null,
    edge: edgeOf(given),
    labDataDirectory: given.CELLBOOK_LAB_SCHEMAS ?? null,
    auditKeyFile: given.CELLBOOK_AUDIT_KEY ?? null,
    auditRetentionDaysMin: given.CELLBOOK_AUDIT_RETENTION_DAYS,
    auditRemovesOnlyExported: given.CELLBOOK_AUDIT_REMOVE === 'exported',
    secretKeysFile: given.CELLBOOK_SECRET_KEYS ?? null,
    logLevel: given.CELLBOOK_LOG_LEVEL,
  };
}

/**
 * Places for sandboxes: a quarter of the memory is left to Postgres, the cell and the page cache. Most
 * notebooks use far less than their limit (an idle one with pandas about 150 MB), so limits may add up to
 * twice of what is there.
 */
export function capacityOf(machineBytes: number, sandboxBytesMax: number): number {
  return Math.max(1, Math.floor((machineBytes * 0.75 * 2) / sandboxBytesMax));
}

function edgeOf(given: z.infer<typeof environmentSchema>): CellConfig['edge'] {
  const { CELLBOOK_EDGE_URL: url, CELLBOOK_CELL_KEY: keyFile } = given;
  return url === undefined || keyFile === undefined ? null : { url, keyFile };
}
