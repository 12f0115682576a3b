/** A workspace's installed packages: `/v1/workspaces/:id/environment`. */
import { z } from 'zod';

export const lockedPackageSchema = z
  .object({
    name: z.string(),
    version: z.string(),
    /** sha256 of the distribution's own list of its files with their hashes (RECORD); null where it has none. */
    record: z.string().nullable(),
    /** Where it came from, if not from an index by its name (PEP 610). */
    url: z.string().nullable(),
  })
  .meta({ title: 'LockedPackage' });
export type LockedPackage = z.infer<typeof lockedPackageSchema>;

/**
 * `damaged`: what was stored cannot be read, and is installed anew from the lockfile at the next resume;
 * `rebuilding`: that is under way; `failed`: it could not be, `problem` says why.
 */
export const environmentStateSchema = z.enum(['ready', 'damaged', 'rebuilding', 'failed']);
export type EnvironmentState = z.infer<typeof environmentStateSchema>;

export const environmentSchema = z
  .object({
    /** Names everything that is in it: equal environments have equal digests. Null: nothing is installed. */
    digest: z.string().nullable(),
    state: environmentStateSchema,
    problem: z.string().nullable(),
    files: z.number().int(),
    /** The sizes of its files; they count in the quota of storage. */
    bytes: z.number().int(),
    packages: z.array(lockedPackageSchema),
    /** When this was stored last; what was installed since is on the workspace's host only. */
    storedAt: z.iso.datetime().nullable(),
    /** What `reset` to `previous` brings back. */
    previous: z
      .object({ digest: z.string().nullable(), packages: z.number().int(), storedAt: z.iso.datetime() })
      .nullable(),
  })
  .meta({ title: 'Environment' });
export type EnvironmentView = z.infer<typeof environmentSchema>;

export const environmentResetSchema = z
  .object({
    /** `empty`: nothing is installed; `previous`: what was there before the last change or reset. */
    to: z.enum(['empty', 'previous']).default('empty'),
  })
  .meta({ title: 'EnvironmentReset' });
export type EnvironmentReset = z.infer<typeof environmentResetSchema>['to'];

/** To the event sockets of a workspace whose installed packages are made anew: `{state, problem}`, `ready` at the end. */
export const environmentEvent = 'urn:cellbook:events:environment';
