/** The router's bindings and variables. edge/setup/write-config.ts writes the variables for one machine. */
import { limits } from '@cellbook/shared/limits.ts';
import { cellSchema } from '@cellbook/shared/pins/pins.ts';
import { regionsSchema } from '@cellbook/shared/protocol/regions.ts';
import { z } from 'zod';
import type { Counts } from '../sockets/counts.ts';
import type { OneTimeCodes } from '../sockets/one-time-codes.ts';
import type { SocketShard } from '../sockets/socket-shard.ts';
import { providersConfigSchema } from './identity/oidc/provider-config.ts';

export interface Bindings {
  ASSETS: Fetcher;
  PINS: KVNamespace;
  DIRECTORY: D1Database;
  ONE_TIME_CODES: DurableObjectNamespace<OneTimeCodes>;
  COUNTS: DurableObjectNamespace<Counts>;
  SOCKETS: DurableObjectNamespace<SocketShard>;
}

const json = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue('not JSON');
        return z.NEVER;
      }
    })
    .pipe(schema);

/** Addresses are compared in lower case; a provider's subject is not. */
const operatorName = (text: string): string => (text.includes('|') ? text.trim() : text.trim().toLowerCase());

const signingKey = z.object({ kty: z.literal('oct'), kid: z.string(), k: z.string().min(43) });
const publicKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  kid: z.string(),
  x: z.string(),
});

const configSchema = z.object({
  /** The main host, as browsers see it: `http://localhost:8787`. */
  CELLBOOK_PUBLIC_URL: z.url({ protocol: /^https?$/ }).transform((text) => new URL(text)),
  /** Workspaces live at `{workspaceId}.<this>`, port included: `localhost:8787`. */
  CELLBOOK_WORKSPACE_DOMAIN: z.string().min(1),
  /**
   * The header in which the nearest proxy says where a request came from: Cloudflare's own, or that of an
   * operator's proxy which sets it whatever the client sent. An address: it is always this one (an edge that
   * listens on loopback alone). `none`: it is not known.
   */
  CELLBOOK_CLIENT_ADDRESS: z
    .string()
    .regex(/^([a-z0-9-]+|[0-9a-f:.]{2,45})$/)
    .default('cf-connecting-ip'),
  /**
   * Whether sockets of kernels, terminals and events are held by objects, and parked when quiet
   * (shared/src/protocol/parking-api.ts). Off: they go straight to the cell, and stay open there.
   */
  CELLBOOK_PARKING: z.enum(['on', 'off']).default('on'),
  /** The platform's regions; the first is where people come to live whom nothing else places. */
  CELLBOOK_REGIONS: json(regionsSchema),
  /** The secret of GPU regions, by which their schedulers' asks are known; without it they are refused. */
  CELLBOOK_FEDERATION_KEY: z.string().min(32).optional(),
  /** Where GPU jobs of each region go; of several of one region any. Empty: there are none. */
  CELLBOOK_SCHEDULERS: json(z.array(cellSchema).max(256)).default([]),
  /**
   * `development`: anyone may sign in under any name, by a form that says so; off where a provider is configured,
   * but for `development,oidc`. `none`: nobody signs in, whatever else is configured.
   */
  CELLBOOK_SIGN_IN: z.enum(['development', 'oidc', 'development,oidc', 'none']).default('oidc'),
  CELLBOOK_OIDC: json(providersConfigSchema)
    .optional()
    .transform((providers) => providers ?? []),
  /** Who runs the platform: verified e-mail addresses, users' ids or `issuer|subject`, between commas. */
  CELLBOOK_OPERATORS: z
    .string()
    .default('')
    .transform(
      (text) =>
        new Set(
          text
            .split(',')
            .map(operatorName)
            .filter((name) => name !== ''),
        ),
    ),
  /** Keys of session cookies and tokens: the first signs, all verify, so that they can be replaced in turn. */
  CELLBOOK_CREDENTIAL_KEYS: json(z.array(signingKey).min(1).max(8)),
  CELLBOOK_PRINCIPAL_KEY: json(publicKey.extend({ d: z.string() })),
  /** Signs the checkpoints of the edge's audit log; without it there are none. */
  CELLBOOK_AUDIT_KEY: json(publicKey.extend({ d: z.string() })).optional(),
  /** How long every event of the edge's audit log is kept at least: seven years unless told. */
  CELLBOOK_AUDIT_RETENTION_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .default(limits.audit.retentionDaysByTier.enterprise),
  /** `exported`: of what is that old only what an operator's export has come back for is removed. */
  CELLBOOK_AUDIT_REMOVE: z.enum(['expired', 'exported']).default('expired'),
  /** One, or a list while it is being replaced. */
  CELLBOOK_PIN_PUBLIC_KEY: json(z.union([z.array(publicKey).min(1), publicKey.transform((key) => [key])])),
  /** The version of the lab bundle under /static/lab/; without one the workspace's page says so. */
  CELLBOOK_LAB_VERSION: z.string().optional(),
});

export type Config = z.infer<typeof configSchema>;
export type Scheduler = Config['CELLBOOK_SCHEDULERS'][number];

export const parseConfig = (variables: unknown): Config => configSchema.parse(variables);
