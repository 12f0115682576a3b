/**
 * What a GPU region's schedulers ask of the edge: a compact JWT with the secret that all regions share, sent as the body,
 * whose `typ` says which kind it is; good for a minute.
 */
import { z } from 'zod';
import { orgIdSchema, type UserId, userIdSchema } from '../ids.ts';
import { tierSchema } from './principal.ts';
import { recordAskSchema } from './region-record.ts';

export const regionAskAudience = 'edge';
const micros = z.int().min(0);

export const budgetAskSchema = z.object({
  orgId: orgIdSchema,
  month: z.string().regex(/^\d{4}-\d{2}$/),
  capMicros: micros,
  /** What the region would like to have in all; less than it has: it gives the rest back. */
  wantMicros: micros,
  /** What it has spent or reserved: that much it keeps. */
  usedMicros: micros,
  /**
   * Something is given back: of which answer. Where another was given since, nothing is changed. Absent: more is asked
   * for, and nothing is taken away but what is beyond the cap.
   */
  givenBackOf: z.int().min(0).optional(),
});
/** A user's own cap in an organisation. Apart, so that an edge that knows none does not take it for the organisation's. */
export const userBudgetAskSchema = budgetAskSchema.extend({ userId: userIdSchema });
/** Of a user where he is named, else of the organisation. */
export type BudgetAsk = z.infer<typeof budgetAskSchema> & { userId?: UserId | undefined };
export const budgetToldSchema = z.object({ grantedMicros: micros, revision: z.int() });
export type BudgetTold = z.infer<typeof budgetToldSchema>;

export const standingAskOfRegionSchema = z.object({ after: z.int().min(0) });

/** Who a repeated task belongs to. */
export const rightsAskSchema = z.object({ userId: userIdSchema, orgId: orgIdSchema });
export const rightsToldSchema = z.object({
  /** Whether he may hand in jobs there. */
  maySubmit: z.boolean(),
  tier: tierSchema.nullable(),
});

/** By kind: where it is asked, and what is said. */
export const regionAsks = {
  record: { path: '/regions/record', typ: 'cellbook-region-record', schema: recordAskSchema },
  budget: { path: '/regions/budget', typ: 'cellbook-region-budget', schema: budgetAskSchema },
  userBudget: {
    path: '/regions/user-budget',
    typ: 'cellbook-region-user-budget',
    schema: userBudgetAskSchema,
  },
  standing: {
    path: '/regions/standing',
    typ: 'cellbook-region-standing',
    schema: standingAskOfRegionSchema,
  },
  rights: { path: '/regions/rights', typ: 'cellbook-region-rights', schema: rightsAskSchema },
} as const;
