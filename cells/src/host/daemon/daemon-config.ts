/** A host daemon's configuration, from its environment. Anything missing or malformed is told by name. */
import { totalmem } from 'node:os';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type CellId, cellIdSchema, type HostId, hostIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import { capacityOf } from '../../config.ts';
import { poolSettingSchema } from '../../pool/pool-setting.ts';
import { type ScanPolicy, scanPolicySchema } from '../image-scan/judge-scan.ts';
import { isLoopback } from '../wire/loopback.ts';

const environmentSchema = z.object({
  CELLBOOK_CELL_ID: cellIdSchema,
  /** This daemon's name among the cell's hosts; rows say it, so it stays with its data directory. */
  CELLBOOK_HOST_ID: hostIdSchema,
  CELLBOOK_HOST_PORT: z.coerce.number().int().min(0).max(65_535),
  /** Where it listens; only the cell's controller has business there. */
  CELLBOOK_HOST_BIND: z.string().default('127.0.0.1'),
  /** Its certificate, key and authorities (host/tls/identity.ts); without it the wire is plain, on loopback alone. */
  CELLBOOK_TLS_DIR: z.string().min(1).optional(),
  /** The key that the controller proves itself with. */
  CELLBOOK_HOST_KEY_FILE: z.string().min(1),
  /** Its own, one per daemon: sandboxes' state, homes, markers, epochs. */
  CELLBOOK_DATA_DIR: z.string().min(1),
  DATABASE_URL: z.url(),
  CELLBOOK_OBJECTS: z.string().min(1),
  CELLBOOK_SANDBOX_DRIVER: z.enum(['gvisor', 'process']).default('gvisor'),
  CELLBOOK_RUNSC: z.string().default('runsc'),
  CELLBOOK_IMAGE_DIR: z.string().optional(),
  CELLBOOK_PYTHON: z.string().optional(),
  /** Whether an image that nothing good is known of may be rolled out here (../image-scan). */
  CELLBOOK_IMAGE_SCAN: scanPolicySchema,
  /** What sandboxes may reach: a file (egress/egress-policy.ts), or `off`; absent: the package indexes. */
  CELLBOOK_EGRESS: z.string().min(1).optional(),
  /** Whether this host keeps sandboxes ready; how many its controller says. */
  CELLBOOK_POOL: poolSettingSchema,
  /** Where golden images lie, which hosts of one machine may share; absent: in its data directory. */
  CELLBOOK_GOLDEN_DIR: z.string().min(1).optional(),
  CELLBOOK_SANDBOXES_MAX: z.coerce.number().int().min(1).optional(),
  CELLBOOK_MACHINE_MEMORY_MIB: z.coerce.number().int().min(1).optional(),
  CELLBOOK_SANDBOX_MEMORY_MIB: z.coerce.number().int().min(256).default(2_048),
  CELLBOOK_SANDBOX_DISK_MIB: z.coerce.number().int().min(64).default(10_240),
  /** Volumes of more come to this host as they are read. */
  CELLBOOK_LAZY_ABOVE_MIB: z.coerce.number().int().min(0).default(limits.storage.lazy.aboveMebibytes),
  CELLBOOK_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

const bindSchema = environmentSchema.refine(
  ({ CELLBOOK_TLS_DIR, CELLBOOK_HOST_BIND }) =>
    CELLBOOK_TLS_DIR !== undefined || isLoopback(CELLBOOK_HOST_BIND),
  {
    path: ['CELLBOOK_HOST_BIND'],
    error: 'beyond 127.0.0.1 a host is reached over TLS: set CELLBOOK_TLS_DIR',
  },
);

export interface DaemonConfig {
  cellId: CellId;
  hostId: HostId;
  bind: string;
  port: number;
  keyFile: string;
  tlsDirectory: string | null;
  dataDirectory: string;
  databaseUrl: string;
  objects: string;
  driver: 'gvisor' | 'process';
  runscPath: string;
  imageDirectory: string | null;
  python: string | null;
  imageScan: ScanPolicy;
  egress: string | null;
  pool: boolean;
  goldenDirectory: string | null;
  capacity: number;
  sandboxMemoryBytes: number;
  diskBytesMax: number;
  lazyAboveBytes: number;
  logLevel: string;
}

const mebibyte = 1024 ** 2;

export function readDaemonConfig(environment: NodeJS.ProcessEnv): DaemonConfig {
  const parsed = bindSchema.safeParse(environment);
  if (!parsed.success) {
    throw new CellbookError('bad_request', {
      doing: 'reading the configuration of a host from the environment',
      problem: z.prettifyError(parsed.error),
      next: 'Set these variables; `npm start` sets them all.',
    });
  }
  const given = parsed.data;
  const machineBytes =
    given.CELLBOOK_MACHINE_MEMORY_MIB === undefined
      ? totalmem()
      : given.CELLBOOK_MACHINE_MEMORY_MIB * mebibyte;
  const sandboxBytes = given.CELLBOOK_SANDBOX_MEMORY_MIB * mebibyte;
  return {
    cellId: given.CELLBOOK_CELL_ID,
    hostId: given.CELLBOOK_HOST_ID,
    bind: given.CELLBOOK_HOST_BIND,
    port: given.CELLBOOK_HOST_PORT,
    keyFile: given.CELLBOOK_HOST_KEY_FILE,
    tlsDirectory: given.CELLBOOK_TLS_DIR ?? null,
    dataDirectory: given.CELLBOOK_DATA_DIR,
    databaseUrl: given.DATABASE_URL,
    objects: given.CELLBOOK_OBJECTS,
    driver: given.CELLBOOK_SANDBOX_DRIVER,
    runscPath: given.CELLBOOK_RUNSC,
    imageDirectory: given.CELLBOOK_IMAGE_DIR ?? null,
    python: given.CELLBOOK_PYTHON ?? null,
    imageScan: given.CELLBOOK_IMAGE_SCAN,
    egress: given.CELLBOOK_EGRESS ?? null,
    pool: given.CELLBOOK_POOL !== 'off',
    goldenDirectory: given.CELLBOOK_GOLDEN_DIR ?? null,
    sandboxMemoryBytes: sandboxBytes,
    capacity: given.CELLBOOK_SANDBOXES_MAX ?? capacityOf(machineBytes, sandboxBytes),
    lazyAboveBytes: given.CELLBOOK_LAZY_ABOVE_MIB * mebibyte,
    diskBytesMax: given.CELLBOOK_SANDBOX_DISK_MIB * mebibyte,
    logLevel: given.CELLBOOK_LOG_LEVEL,
  };
}
