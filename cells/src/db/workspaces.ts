/**
 * The lifecycle's tables. `workspaces` is the truth about each workspace: what its owner asked for, where
 * it is, and who may act on it (lease and epoch). `workspace_transitions` is append-only. A trigger (see the
 * migration named for it) stamps `revision` on every visible change and notifies `workspace_changed`.
 */
import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core';

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

export const workspaces = pgTable(
  'workspaces',
  {
    id: text('id').primaryKey(),
    ownerId: text('owner_id').notNull(),
    orgId: text('org_id').notNull(),
    tier: text('tier').notNull(),
    name: text('name').notNull(),
    desired: text('desired').notNull(),
    phase: text('phase').notNull(),
    /** Counts the owner's changes of intent. */
    generation: integer('generation').notNull(),
    /** Counts changes of who may act on it; every write of an executor is conditional on it. */
    epoch: integer('epoch').notNull(),
    /** Suspended by the cell itself (drain, lost sandbox): it comes back at the next need, not by itself. */
    dormant: boolean('dormant').notNull(),
    idleSuspendSeconds: integer('idle_suspend_seconds'),
    /** Chosen for it; otherwise it is its owner's usual, his organisation's or his tier's. */
    idleOwn: boolean('idle_own').notNull().default(false),
    /** A label of its owner's: what it uses is counted for this team, too. */
    team: text('team'),
    lastRung: text('last_rung'),
    /** How the last resume went (ladder/resume-report.ts). */
    lastResume: jsonb('last_resume'),
    problem: text('problem'),
    problemCode: text('problem_code'),
    /** Failed attempts in a row, for the back-off. */
    attempts: integer('attempts').notNull(),
    retryAt: moment('retry_at'),
    leaseHolder: text('lease_holder'),
    leaseExpiresAt: moment('lease_expires_at'),
    hostId: text('host_id'),
    createdAt: moment('created_at').notNull(),
    lastActiveAt: moment('last_active_at').notNull(),
    undoUntil: moment('undo_until'),
    /** Set when nothing is left but this row. */
    purgedAt: moment('purged_at'),
    /** Which create made it, so that a create repeated after a crash finds it instead of making another. */
    createKey: text('create_key').notNull(),
    /** Position in the cell's stream of changes; the cursor of GET /v1/events. */
    revision: bigint('revision', { mode: 'number' }).notNull().default(0),
  },
  (table) => [
    uniqueIndex('workspaces_create_key').on(table.ownerId, table.createKey),
    index('workspaces_by_owner').on(table.ownerId, table.createdAt, table.id),
    index('workspaces_by_owner_revision').on(table.ownerId, table.revision),
    /** What quotas count. */
    index('workspaces_by_org').on(table.orgId, table.ownerId).where(sql`purged_at is null`),
    index('workspaces_running_by_org')
      .on(table.orgId, table.ownerId)
      .where(sql`purged_at is null and desired = 'running' and not dormant`),
    /** What the periodic sweep reads: only rows that may need work, never the suspended mass. */
    index('workspaces_unsettled')
      .on(table.phase, table.retryAt)
      .where(sql`purged_at is null and not (phase = 'suspended' and (desired = 'suspended' or dormant))`),
  ],
);

export const workspaceTransitions = pgTable(
  'workspace_transitions',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    workspaceId: text('workspace_id').notNull(),
    /** `intent` before a step is awaited, `outcome` after it, `phase` for a change of phase. */
    kind: text('kind').notNull(),
    step: text('step'),
    fromPhase: text('from_phase'),
    toPhase: text('to_phase'),
    outcome: text('outcome'),
    durationMs: integer('duration_ms'),
    problem: text('problem'),
    /** Of `sandbox_started`, and of the step that did it: how the resume went. */
    resume: jsonb('resume'),
    generation: integer('generation').notNull(),
    epoch: integer('epoch').notNull(),
    holder: text('holder').notNull(),
    at: moment('at').notNull(),
  },
  (table) => [index('workspace_transitions_by_workspace').on(table.workspaceId, table.id)],
);

export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    userId: text('user_id').notNull(),
    route: text('route').notNull(),
    key: text('key').notNull(),
    bodyHash: text('body_hash').notNull(),
    /** Drawn by the first claim and kept by every later one: what the work itself is deduplicated by. */
    claimId: text('claim_id').notNull(),
    /** Null while the first request is being served. */
    status: integer('status'),
    response: jsonb('response'),
    /** When a claim without an answer may be taken over: its server died. */
    lockedUntil: moment('locked_until').notNull(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.route, table.key] }),
    index('idempotency_keys_by_expiry').on(table.expiresAt),
  ],
);
