/** What Postgres returns is parsed like any other input: a row of an unknown phase never reaches the planner. */
import { type ErrorCode, httpStatusByCode } from '@cellbook/shared/errors.ts';
import { hostIdSchema, orgIdSchema, userIdSchema, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { tierSchema } from '@cellbook/shared/protocol/principal.ts';
import { rungSchema } from '@cellbook/shared/protocol/resume.ts';
import { desiredSchema, phaseSchema } from '@cellbook/shared/protocol/workspace.ts';
import { getTableColumns } from 'drizzle-orm';
import { z } from 'zod';
import { workspaces } from '../../db/workspaces.ts';
import { resumeReportSchema } from '../../ladder/resume-report.ts';
import type { WorkspaceRow } from './workspace-row.ts';

const moment = z.date().nullable();
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
  team: z.string().nullable(),
  lastRung: rungSchema.nullable(),
  lastResume: resumeReportSchema.nullable(),
  problem: z.string().nullable(),
  problemCode: z
    .custom<ErrorCode>((code) => typeof code === 'string' && Object.hasOwn(httpStatusByCode, code))
    .nullable(),
  attempts: z.int(),
  leaseHolder: z.string().nullable(),
  hostId: hostIdSchema.nullable(),
  createKey: z.string(),
  revision: z.int(),
  retryAt: moment,
  leaseExpiresAt: moment,
  createdAt: z.date(),
  lastActiveAt: z.date(),
  undoUntil: moment,
  purgedAt: moment,
});

/** `stored`: as Drizzle gives it. */
export function parseWorkspaceRow(stored: unknown): WorkspaceRow {
  const { retryAt, leaseExpiresAt, createdAt, lastActiveAt, undoUntil, purgedAt, ...row } =
    rowSchema.parse(stored);
  return {
    ...row,
    retryAtMs: retryAt?.getTime() ?? null,
    leaseExpiresAtMs: leaseExpiresAt?.getTime() ?? null,
    createdAtMs: createdAt.getTime(),
    lastActiveAtMs: lastActiveAt.getTime(),
    undoUntilMs: undoUntil?.getTime() ?? null,
    purgedAtMs: purgedAt?.getTime() ?? null,
  };
}

const columns = Object.entries(getTableColumns(workspaces));

/** The same of a hand-written statement, whose columns have the table's own names. */
export function parseRawWorkspaceRow(raw: Readonly<Record<string, unknown>>): WorkspaceRow {
  const named = columns.map(([key, column]) => {
    const value = raw[column.name];
    return [key, value === null || value === undefined ? null : column.mapFromDriverValue(value)];
  });
  return parseWorkspaceRow(Object.fromEntries(named));
}
