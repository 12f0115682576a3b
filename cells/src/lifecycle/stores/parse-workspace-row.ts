/** What Postgres returns is parsed like any other input: a row of an unknown phase never reaches the planner. */
import { type ErrorCode, httpStatusByCode } from '@cellbook/shared/errors.ts';
import { hostIdSchema, orgIdSchema, userIdSchema, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { tierSchema } from '@cellbook/shared/protocol/principal.ts';
import { desiredSchema, phaseSchema, rungSchema } from '@cellbook/shared/protocol/workspace.ts';
import { z } from 'zod';
import type { workspaces } from '../../db/workspaces.ts';
import type { WorkspaceRow } from './workspace-row.ts';

const rowSchema = z.object({
  id: workspaceIdSchema,
  ownerId: userIdSchema,
  orgId: orgIdSchema,
  tier: tierSchema,
  name: z.string(),
  desired: desiredSchema,
  phase: phaseSchema,
  generation: z.int(),
  epoch: z.int(),
  dormant: z.boolean(),
  idleSuspendSeconds: z.int().nullable(),
  lastRung: rungSchema.nullable(),
  problem: z.string().nullable(),
  problemCode: z
    .custom<ErrorCode>((code) => typeof code === 'string' && Object.hasOwn(httpStatusByCode, code))
    .nullable(),
  attempts: z.int(),
  leaseHolder: z.string().nullable(),
  hostId: hostIdSchema.nullable(),
  createKey: z.string(),
  revision: z.int(),
});

export function parseWorkspaceRow(stored: typeof workspaces.$inferSelect): WorkspaceRow {
  return {
    ...rowSchema.parse(stored),
    retryAtMs: stored.retryAt?.getTime() ?? null,
    leaseExpiresAtMs: stored.leaseExpiresAt?.getTime() ?? null,
    createdAtMs: stored.createdAt.getTime(),
    lastActiveAtMs: stored.lastActiveAt.getTime(),
    undoUntilMs: stored.undoUntil?.getTime() ?? null,
    purgedAtMs: stored.purgedAt?.getTime() ?? null,
  };
}
