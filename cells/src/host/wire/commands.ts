/**
 * The wire between a controller and a host daemon (first of two; the running sandbox's link is in
 * link-protocol.ts): plain HTTP with the cell's key as a bearer token. Each command names its workspace and
 * carries the epoch of who gives it; an older one than the daemon knows is `stale_epoch`, a repeated one does
 * nothing and gives the same answer. The body of an answer is what stands here, or a wire-error.ts.
 *
 *   GET    /v1/host                              what is here: load, draining, sandboxes
 *   GET    /v1/host/state                        its load, and whether it drains: asked every second
 *   GET    /v1/workspaces/{id}                   its sandbox, or how the last one was lost
 *   POST   /v1/workspaces/{id}/start             {epoch, sandboxId, …}     ─▶ the sandbox of this epoch
 *   POST   /v1/workspaces/{id}/claim             as start: the member of that id ─▶ the sandbox of this epoch
 *   POST   /v1/workspaces/{id}/adopt             {epoch}                   ─▶ the sandbox, under this epoch now
 *   POST   /v1/workspaces/{id}/freeze            {epoch}                   its sandbox is handed out no more
 *   POST   /v1/workspaces/{id}/thaw              {epoch}                   ─▶ the sandbox, under this epoch now
 *   POST   /v1/workspaces/{id}/store             {epoch, of, key}          ─▶ the sealed image of a frozen one, which is gone then
 *   POST   /v1/workspaces/{id}/stop              {epoch}
 *   GET    /v1/images                            whose images of memory lie here
 *   DELETE /v1/images/{sandboxId}?workspaceId=…&epoch=…   whose memory it is; without: nothing refers to it
 *   POST   /v1/images/{sandboxId}/open           {workspaceId, key}        begins to, for the start that follows
 *   POST   /v1/images/{sandboxId}/send           {workspaceId, key}        ─▶ what of it the object store did not have yet
 *   POST   /v1/members/{sandboxId}               {generation}              adds a member to the pool of what is ready here
 *   DELETE /v1/members/{sandboxId}               ends it, unless it is a workspace's by now
 *   DELETE /v1/sandboxes/{sandboxId}             for orphans, which no workspace accounts for
 *   POST   /v1/workspaces/{id}/files/attach      {epoch}                   ─▶ its live directory
 *   POST   /v1/workspaces/{id}/files/{adopt,flush,detach,destroy}   {epoch}
 *   POST   /v1/workspaces/{id}/files/reset-environment   {epoch, to}       installed packages, gone or as before
 *   POST   /v1/workspaces/{id}/tree/{method}     an envelope {epoch, args} and bytes  ─▶ a value, or bytes (files-wire.ts)
 */
import { hostIdSchema, sandboxIdSchema, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { tierSchema } from '@cellbook/shared/protocol/principal.ts';
import { rungSchema } from '@cellbook/shared/protocol/resume.ts';
import { z } from 'zod';
import { sandboxExitSchema } from '../../sandbox/link/schemas.ts';
import { snapshotFingerprintSchema } from '../../sandbox/snapshot/fingerprint.ts';
import { imageKeyText } from '../../snapshots/image-key.ts';

const count = z.int().nonnegative();
export const nothingSchema = z.object({});
export const byEpochSchema = z.object({ epoch: count });

/** All of it or nothing. */
export const dropImageSchema = z
  .object({ workspaceId: workspaceIdSchema, epoch: z.coerce.number().int().nonnegative() })
  .or(z.strictObject({}).transform(() => undefined));

export const sandboxOfEpochSchema = z.object({ sandboxId: sandboxIdSchema, epoch: count });
export type SandboxOfEpoch = z.infer<typeof sandboxOfEpochSchema>;

export const startSchema = z.object({
  epoch: count,
  sandboxId: sandboxIdSchema,
  /** As this image has it (here, or in the object store), instead of anew. Its key is in this command alone. */
  image: z.object({ of: sandboxIdSchema, key: imageKeyText, remote: z.boolean() }).optional(),
  homeDirectory: z.string().min(1),
  limits: z.object({
    memoryBytesMax: z.number().positive(),
    cpuMillisMax: z.number().positive(),
    pidsMax: z.number().positive(),
    diskBytesMax: z.number().positive(),
  }),
  tier: tierSchema.optional(),
  /** The generation of a golden image that it may come out of instead of a boot. */
  golden: z.string().optional(),
  environment: z.record(z.string(), z.string()),
});

export const hostStateSchema = z.object({
  hostId: hostIdSchema,
  load: z.object({
    ...{ live: count, frozen: count, starting: count, members: count, capacity: count },
    memoryShort: z.boolean().optional(),
  }),
  draining: z.boolean(),
  /** Of its machine. */
  processors: count.default(1),
  waitsForBusy: z.boolean().default(false),
  keeps: snapshotFingerprintSchema.nullable(),
  /** Null where no members can be had. */
  pool: z
    .object({
      own: z.string().nullable().default(null),
      generations: z.array(z.string()).default([]),
      /** Members that ended of late without having been asked to. */
      ended: z.array(sandboxIdSchema).default([]),
    })
    .nullable(),
});
export type HostState = z.infer<typeof hostStateSchema>;

export const hostViewSchema = hostStateSchema.extend({
  sandboxes: z.array(
    z.object({
      sandboxId: sandboxIdSchema,
      workspaceId: workspaceIdSchema,
      epoch: count,
      attached: z.boolean(),
    }),
  ),
});

/** Every answer about a workspace also says how the host is, so that placing needs no question of its own. */
export const workspaceViewSchema = z.object({
  host: hostStateSchema,
  sandbox: sandboxOfEpochSchema.nullable(),
  /** By which rung it came back; null where the daemon does not say. */
  cameBy: rungSchema.nullable().default(null),
  loss: sandboxExitSchema.nullable(),
});
export type WorkspaceView = z.infer<typeof workspaceViewSchema>;

export const memberSchema = z.object({ generation: z.string() });

export const storeSchema = z.object({ epoch: count, of: sandboxIdSchema, key: imageKeyText });

export const storedSchema = z.object({
  host: hostStateSchema,
  image: z.object({ bytes: count, fingerprint: snapshotFingerprintSchema }).nullable(),
});

/** To be sent, or to be opened ahead. */
export const sealedImageSchema = z.object({ workspaceId: workspaceIdSchema, key: imageKeyText });
export const sentImageSchema = z.object({ chunks: count, chunksSent: count, bytesSent: count });

export const imagesSchema = z.object({ images: z.array(sandboxIdSchema) });

export const attachedFilesSchema = z.object({ directory: z.string().min(1) });

export const flushReportSchema = z.object({
  version: count,
  files: count,
  bytesUploaded: count,
  skipped: z.array(z.object({ path: z.array(z.string()), reason: z.string() })),
});

export const linkQuerySchema = z.object({
  epoch: z.coerce.number().int().nonnegative(),
  sandbox: sandboxIdSchema,
});
