/** A scheduler's configuration, from its environment. Anything missing or malformed is told by name before it starts. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { cellIdSchema, type RegionId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import type { RegionPolicy } from './core/model/policy.ts';
import { policySchema } from './core/model/policy-schema.ts';
import { type Peers, peersSchema } from './federation/peers.ts';

const environmentSchema = z.object({
  CELLBOOK_REGION_ID: regionIdSchema,
  /** The audience of what the edge signs for it (`gpu-eu`): the same for all instances of a region. */
  CELLBOOK_SCHEDULER_ID: cellIdSchema.transform((id) => String(id)),
  CELLBOOK_PORT: z.coerce.number().int().min(0).max(65_535),
  CELLBOOK_BIND: z.string().default('127.0.0.1'),
  /** Where agents and other instances reach this one; absent: where it listens. */
  CELLBOOK_SCHEDULER_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Pieces of uploads that are not whole yet, where objects are kept in S3. */
  CELLBOOK_DATA_DIR: z.string().min(1),
  DATABASE_URL: z.url(),
  REDIS_URL: z.url().optional(),
  /** Results and checkpoints: file:/dir or s3://bucket/prefix?region=… */
  CELLBOOK_OBJECTS: z.string().min(1),
  /** The region's secret, that the keys of its agents are made of (shared/src/gpu/agent-key.ts). */
  CELLBOOK_AGENT_KEY_FILE: z.string().min(1),
  CELLBOOK_EDGE_PUBLIC_KEYS: z.string().min(1),
  /** Where clients reach the edge: addresses of results begin with it. */
  CELLBOOK_PUBLIC_URL: z.url({ protocol: /^https?$/ }).default('http://localhost:8787'),
  /**
   * A JSON list of secrets (base64url, 32 bytes or more) that addresses of results and webhooks are signed with, the same
   * in all regions: the first signs, all are believed. Absent: made of the region's secret, so that a job that goes to
   * another region is signed for by another key.
   */
  CELLBOOK_JOBS_KEYS: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.array(z.base64url().min(43)).min(1).max(8))
    .optional(),
  /** Hosts, between commas, that webhooks may reach though they are at private addresses. */
  CELLBOOK_WEBHOOK_ALLOW: z.string().default(''),
  /** How long an agent may run what it has without hearing from anybody. */
  CELLBOOK_AGENT_LEASE_MS: z.coerce.number().int().min(1_000).default(limits.scheduler.agentLeaseMs),
  /** A JSON list of the schedulers of other regions, `[{"region":"us","urls":["https://…"]}]`; absent: this one is alone. */
  CELLBOOK_FEDERATION_PEERS: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(peersSchema)
    .optional(),
  /** A secret that all regions share: by it they sign what they ask of each other. */
  CELLBOOK_FEDERATION_KEY_FILE: z.string().min(1).optional(),
  /** Where the records of regions are kept (the edge); absent: nobody guards this region's queue. */
  CELLBOOK_EDGE_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** A region that was not heard of for so long counts as lost. */
  CELLBOOK_REGION_LOST_MS: z.coerce.number().int().min(1_000).default(limits.federation.lostMs),
  /** `operator`: the queue of a lost region that this one guards is taken up at an operator's word alone. */
  CELLBOOK_TAKE_OVER: z.enum(['auto', 'operator']).default('auto'),
  /** Of the provider of hosts (capacity/provider-api.ts) that the policy's `scale` names kinds of; absent: there is none. */
  CELLBOOK_CAPACITY_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** The file with the secret that it is asked with. */
  CELLBOOK_CAPACITY_KEY_FILE: z.string().min(1).optional(),
  /** Parts of the region's policy, as JSON, in place of the default's; asked for whenever an instance starts. */
  CELLBOOK_POLICY: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(policySchema)
    .optional(),
  CELLBOOK_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

export interface FederationConfig {
  peers: Peers;
  keyFile: string;
  /** Null: queues are not guarded. */
  edgeUrl: string | null;
  lostMs: number;
  takesOverItself: boolean;
}

export interface SchedulerConfig {
  regionId: RegionId;
  schedulerId: string;
  bind: string;
  port: number;
  /** Null: where it listens. */
  url: string | null;
  dataDirectory: string;
  databaseUrl: string;
  redisUrl: string | null;
  objects: string;
  agentKeyFile: string;
  edgePublicKeysFile: string;
  publicUrl: URL;
  /** Null: made of the region's secret. */
  jobsKeys: readonly string[] | null;
  webhookHosts: ReadonlySet<string>;
  agentLeaseMs: number;
  /** Null: no other region. */
  federation: FederationConfig | null;
  /** Null: hosts come from nowhere. */
  capacity: { url: string; keyFile: string } | null;
  /** Null: it stays as it is. */
  policy: RegionPolicy | null;
  logLevel: string;
}

export function readConfig(environment: NodeJS.ProcessEnv): SchedulerConfig {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    throw new CellbookError('bad_request', {
      doing: 'reading the configuration from the environment',
      problem: z.prettifyError(parsed.error),
      next: 'Set these variables; `npm start` sets them all.',
    });
  }
  const given = parsed.data;
  return {
    regionId: given.CELLBOOK_REGION_ID,
    schedulerId: given.CELLBOOK_SCHEDULER_ID,
    bind: given.CELLBOOK_BIND,
    port: given.CELLBOOK_PORT,
    url: given.CELLBOOK_SCHEDULER_URL ?? null,
    dataDirectory: given.CELLBOOK_DATA_DIR,
    databaseUrl: given.DATABASE_URL,
    redisUrl: given.REDIS_URL ?? null,
    objects: given.CELLBOOK_OBJECTS,
    agentKeyFile: given.CELLBOOK_AGENT_KEY_FILE,
    edgePublicKeysFile: given.CELLBOOK_EDGE_PUBLIC_KEYS,
    publicUrl: new URL(given.CELLBOOK_PUBLIC_URL),
    jobsKeys: given.CELLBOOK_JOBS_KEYS ?? null,
    webhookHosts: new Set(given.CELLBOOK_WEBHOOK_ALLOW.split(',').filter((host) => host !== '')),
    agentLeaseMs: given.CELLBOOK_AGENT_LEASE_MS,
    federation: federationOf(given),
    capacity: capacityOf(given.CELLBOOK_CAPACITY_URL, given.CELLBOOK_CAPACITY_KEY_FILE),
    policy: given.CELLBOOK_POLICY ?? null,
    logLevel: given.CELLBOOK_LOG_LEVEL,
  };
}

function capacityOf(url: string | undefined, keyFile: string | undefined): SchedulerConfig['capacity'] {
  return url === undefined || keyFile === undefined ? null : { url, keyFile };
}

function federationOf(given: z.infer<typeof environmentSchema>): FederationConfig | null {
  const { CELLBOOK_FEDERATION_PEERS: peers, CELLBOOK_FEDERATION_KEY_FILE: keyFile } = given;
  if (peers === undefined || keyFile === undefined) return null;
  const { CELLBOOK_EDGE_URL: edgeUrl, CELLBOOK_REGION_LOST_MS: lostMs, CELLBOOK_TAKE_OVER: how } = given;
  return { peers, keyFile, edgeUrl: edgeUrl ?? null, lostMs, takesOverItself: how === 'auto' };
}
