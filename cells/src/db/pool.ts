/** The warm pool (../pool): members that are nobody's yet, what was asked for, and the images they come from. */
import { index, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** Sandboxes that are nobody's yet, or are becoming somebody's (pool/pool-store.ts). */
export const poolMembers = pgTable(
  'pool_members',
  {
    sandboxId: text('sandbox_id').primaryKey(),
    hostId: text('host_id').notNull(),
    generation: text('generation').notNull(),
    state: text('state', { enum: ['starting', 'ready', 'claimed'] }).notNull(),
    /** The lowest tier that may have it. */
    forTier: text('for_tier', { enum: ['free', 'paid', 'enterprise'] })
      .notNull()
      .default('free'),
    /** Who has claimed it; both are set together. */
    workspaceId: text('workspace_id'),
    epoch: integer('epoch'),
    changedAt: instant('changed_at').notNull(),
  },
  (table) => [index('pool_members_by_host').on(table.hostId, table.state, table.changedAt)],
);

/** How many members were asked for in each interval; one that is not here had none (pool/forecast). */
export const poolDemand = pgTable('pool_demand', {
  startAt: instant('start_at').primaryKey(),
  asked: integer('asked').notNull(),
});

/** Generations of images and how they do (pool/staged). */
export const poolGenerations = pgTable('pool_generations', {
  generation: text('generation').primaryKey(),
  stage: text('stage', { enum: ['candidate', 'current', 'past', 'rolled_back'] }).notNull(),
  /** Since the newest candidate came: what was tried, what of it crashed, claims that succeeded, slow ones among them. */
  tried: integer('tried').notNull().default(0),
  crashed: integer('crashed').notNull().default(0),
  claims: integer('claims').notNull().default(0),
  slow: integer('slow').notNull().default(0),
  stagedAt: instant('staged_at').notNull(),
});

/** Of what was counted of a generation, what each owner's claims have said: while there is a candidate (pool/staged). */
export const poolGenerationOwners = pgTable(
  'pool_generation_owners',
  {
    generation: text('generation').notNull(),
    ownerId: text('owner_id').notNull(),
    tried: integer('tried').notNull(),
    crashed: integer('crashed').notNull(),
    claims: integer('claims').notNull(),
    slow: integer('slow').notNull(),
  },
  (table) => [primaryKey({ columns: [table.generation, table.ownerId] })],
);
