import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { RegionId } from '@cellbook/shared/ids.ts';
import { z } from 'zod';
import { type GpuNodes, gpuNodes } from './gpu-nodes.ts';
import { type GpuPlace, gpuTopology } from './gpu-topology.ts';
import { cacheDirectory, homeDirectory } from './home.ts';
import { type CellPlace, defaultTopology, topologySchema } from './topology.ts';

/** The folder that holds package.json. */
export const checkoutDirectory = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** `process` isolates nothing, `none` runs nothing: for benchmarks of the control plane. */
const sandboxDrivers = ['gvisor', 'process', 'none'] as const;
export type SandboxDriverName = (typeof sandboxDrivers)[number];

const portSchema = z.coerce.number().int().min(1).max(65_535);

const environmentSchema = z.object({
  CELLBOOK_EDGE_PORT: portSchema.default(8787),
  /** Regions and their cells (topology.ts). */
  CELLBOOK_CELLS: z.string().default(defaultTopology).pipe(topologySchema),
  /** Sandbox hosts of each cell on this machine, daemons of their own; 0: the cell's own process is its host. */
  CELLBOOK_HOSTS_PER_CELL: z.coerce.number().int().min(0).max(4).default(1),
  CELLBOOK_SANDBOX_DRIVER: z.enum(sandboxDrivers).default('gvisor'),
  CELLBOOK_OBJECTS: z.string().optional(),
  CELLBOOK_RUNSC: z.string().optional(),
  CELLBOOK_IMAGE_DIR: z.string().optional(),
  /** Whether hosts take an image that was not scanned (ops/runbooks/alerts/image-scan.md). */
  CELLBOOK_IMAGE_SCAN: z.enum(['warn', 'refuse']).default('warn'),
  /** What notebooks may reach: a file, or `off` (ops/runbooks/egress.md). */
  CELLBOOK_EGRESS: z.string().min(1).optional(),
  /** Sandboxes that hosts keep ready for whoever comes next: `auto`, a number or `off` (cells/src/pool/README.md). */
  CELLBOOK_POOL: z.string().min(1).default('auto'),
  /** GPU hosts of each region (gpu-topology.ts): `auto`, `off`, or what they have. */
  CELLBOOK_GPU: z.string().min(1).default('auto'),
  /** Directories with programs of your own, between colons, that GPU hosts have beside the examples (gpu-agent/README.md). */
  CELLBOOK_GPU_PROGRAMS: z
    .string()
    .default('')
    .transform((text) => text.split(':').filter((part) => part !== '')),
  /** GPU hosts that come and go with the load (gpu-nodes.ts): `off`, or up to how many of what. */
  CELLBOOK_GPU_NODES: z.string().min(1).default('off'),
  /** How long one takes to come. */
  CELLBOOK_GPU_NODE_SECONDS: z.coerce.number().int().min(1).default(120),
  /** `on`: a second instance of each GPU scheduler, which leads when the first is gone; it takes some 175 MB. */
  CELLBOOK_GPU_STANDBY: z.enum(['on', 'off']).default('off'),
});

export interface PlatformConfig {
  homeDirectory: string;
  cacheDirectory: string;
  edgePort: number;
  cells: CellPlace[];
  hostsPerCell: number;
  sandboxDriver: SandboxDriverName;
  /** An object store elsewhere (`s3://…`); the home's own directory by default. */
  objects: string | null;
  /** A runsc and a built image of the operator's own, instead of those in the cache. */
  runsc: string | null;
  imageDirectory: string | null;
  egress: string | null;
  imageScan: 'warn' | 'refuse';
  pool: string;
  /** Regions with a GPU scheduler. */
  gpu: GpuPlace[];
  /** Directories with programs of the operator's own. */
  gpuPrograms: string[];
  /** Those whose GPU hosts come and go. */
  gpuNodes: ReadonlyMap<RegionId, GpuNodes>;
  gpuNodeMs: number;
  /** Whether each GPU scheduler has a second instance. */
  gpuStandby: boolean;
}

export function platformConfig(env: NodeJS.ProcessEnv): PlatformConfig {
  const result = environmentSchema.safeParse(env);
  if (!result.success) throw malformed(result.error);
  const parsed = result.data;
  const gpu = readGpu(parsed.CELLBOOK_GPU, parsed.CELLBOOK_CELLS);
  return {
    homeDirectory: homeDirectory(env, checkoutDirectory),
    cacheDirectory: cacheDirectory(env),
    edgePort: parsed.CELLBOOK_EDGE_PORT,
    cells: parsed.CELLBOOK_CELLS,
    // What runs nothing needs no place to run.
    hostsPerCell: parsed.CELLBOOK_SANDBOX_DRIVER === 'none' ? 0 : parsed.CELLBOOK_HOSTS_PER_CELL,
    sandboxDriver: parsed.CELLBOOK_SANDBOX_DRIVER,
    objects: parsed.CELLBOOK_OBJECTS ?? null,
    runsc: parsed.CELLBOOK_RUNSC ?? null,
    imageDirectory: parsed.CELLBOOK_IMAGE_DIR ?? null,
    // Programs run in the checkout, wherever the command was given.
    egress: egressOf(parsed.CELLBOOK_EGRESS),
    imageScan: parsed.CELLBOOK_IMAGE_SCAN,
    pool: parsed.CELLBOOK_POOL,
    gpu,
    // Agents run in the checkout, wherever the command was given.
    gpuPrograms: parsed.CELLBOOK_GPU_PROGRAMS.map((directory) => resolve(directory)),
    gpuNodes: readNodes(parsed.CELLBOOK_GPU_NODES, gpu),
    gpuNodeMs: parsed.CELLBOOK_GPU_NODE_SECONDS * 1000,
    gpuStandby: parsed.CELLBOOK_GPU_STANDBY === 'on',
  };
}

function readGpu(setting: string, cells: readonly CellPlace[]): GpuPlace[] {
  try {
    return gpuTopology(setting, cells);
  } catch (cause) {
    throw new CellbookError('bad_request', {
      doing: 'reading CELLBOOK_GPU',
      problem: cause instanceof Error ? cause.message : 'it is malformed',
      next: "Write it like CELLBOOK_GPU='eu=H200*8,A100*4;us=L4*2', or `off`.",
      cause,
    });
  }
}

function readNodes(setting: string, gpu: readonly GpuPlace[]): ReadonlyMap<RegionId, GpuNodes> {
  try {
    return gpuNodes(setting, gpu);
  } catch (cause) {
    throw new CellbookError('bad_request', {
      doing: 'reading CELLBOOK_GPU_NODES',
      problem: cause instanceof Error ? cause.message : 'it is malformed',
      next: "Write it like CELLBOOK_GPU_NODES='eu=L4*2:3', or `off`.",
      cause,
    });
  }
}

const egressOf = (given: string | undefined): string | null =>
  given === undefined || given === 'off' ? (given ?? null) : resolve(given);

const malformed = (error: z.ZodError): CellbookError =>
  new CellbookError('bad_request', {
    doing: 'reading the configuration from the environment',
    problem: z.prettifyError(error),
    next: `Mend or unset what it names; cells are written like CELLBOOK_CELLS='${defaultTopology}'.`,
  });
