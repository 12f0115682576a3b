/** What the agent is told by its environment. */
import { readFileSync } from 'node:fs';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { hostIdSchema } from '@cellbook/shared/ids.ts';
import { z } from 'zod';

const list = (separator: string) =>
  z.string().transform((text) =>
    text
      .split(separator)
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

const environmentSchema = z.object({
  CELLBOOK_HOST_ID: hostIdSchema,
  CELLBOOK_RACK: z.string().min(1).max(40).default('rack-1'),
  /** Of `/healthz` and `/metrics`. */
  CELLBOOK_PORT: z.coerce.number().int().min(0).max(65_535),
  CELLBOOK_DATA_DIR: z.string().min(1),
  /** Instances of the region's scheduler, tried in this order. */
  CELLBOOK_SCHEDULER_URLS: list(',').pipe(z.array(z.url()).min(1).max(8)),
  /** The file with this host's key (shared/src/gpu/agent-key.ts). */
  CELLBOOK_AGENT_KEY_FILE: z.string().min(1),
  /** `nvidia`, or what to pretend: `simulated:H200*8`, with the memory of a model nobody knows: `simulated:X1*4*16384`. */
  CELLBOOK_DEVICES: z.string().min(1).default('nvidia'),
  /** Directories with manifests of programs, separated by colons. */
  CELLBOOK_BINARIES: list(':'),
  /** Whose rights programs run with: the first of the user ids of attempts; `auto`: a usual one; `same`: the agent's own. */
  CELLBOOK_JOB_UID: z.union([z.enum(['auto', 'same']), z.coerce.number().int().positive()]).default('auto'),
  /** `none`: programs reach no network, where the agent may make that so. */
  CELLBOOK_JOB_NETWORK: z.enum(['none', 'host']).default('none'),
  CELLBOOK_LOG_LEVEL: z.string().default('info'),
});

export type AgentConfig = ReturnType<typeof readAgentConfig>;

export function readAgentConfig(env: NodeJS.ProcessEnv) {
  const parsed = environmentSchema.safeParse(env);
  if (!parsed.success) throw malformed(z.prettifyError(parsed.error));
  const given = parsed.data;
  return {
    hostId: given.CELLBOOK_HOST_ID,
    rack: given.CELLBOOK_RACK,
    port: given.CELLBOOK_PORT,
    dataDirectory: given.CELLBOOK_DATA_DIR,
    schedulerUrls: given.CELLBOOK_SCHEDULER_URLS,
    agentKey: readFileSync(given.CELLBOOK_AGENT_KEY_FILE, 'utf8').trim(),
    devices: given.CELLBOOK_DEVICES,
    binaries: given.CELLBOOK_BINARIES,
    jobUid: given.CELLBOOK_JOB_UID,
    jobNetwork: given.CELLBOOK_JOB_NETWORK,
    logLevel: given.CELLBOOK_LOG_LEVEL,
  };
}

const malformed = (problem: string): CellbookError =>
  new CellbookError('bad_request', {
    doing: 'reading the agent’s configuration from the environment',
    problem,
    next: 'Mend or set what it names (gpu-agent/README.md).',
  });
