/**
 * How much one user, and an organisation as a whole, may have at a time. A tier has its usual
 * quotas (limits.quota); an organisation's policy replaces any of them. The edge sends the policy with the
 * principal; the cell enforces it where the number changes (cells/src/quotas), of an organisation's as far as its
 * share of it goes (shared/src/quota/shares.ts).
 */
import { z } from 'zod';
import { limits } from '../limits.ts';
import type { Tier } from './principal.ts';

export const quotaSchema = z.object({
  /** Workspaces, deleted ones that can still be brought back included. */
  workspaces: z.int().nonnegative(),
  /** Workspaces wanted running. */
  runningSandboxes: z.int().nonnegative(),
  /** The memory limits of their sandboxes, added up. */
  memoryBytes: z.int().nonnegative(),
  /**
   * The files of all workspaces as they are now, by their apparent size, uploads under way included, and what earlier
   * versions of files hold beyond them: a chunk that versions of one file share counts once.
   */
  storageBytes: z.int().nonnegative(),
});
export type Quota = z.infer<typeof quotaSchema>;

/** Seconds without a busy kernel after which a workspace is suspended. */
export const idleSecondsSchema = z.int().min(60).max(604_800);

/** Within it each user chooses for each of his workspaces. */
export const idlePolicySchema = z.object({
  /** Where he has chosen nothing; absent: his tier's usual. */
  secondsDefault: idleSecondsSchema.optional(),
  /** He may choose no longer, nor never; what he had chosen before counts as this. Absent: what he likes. */
  secondsMax: idleSecondsSchema.optional(),
});

/** GPU jobs, of a user or of the organisation as a whole: unfinished ones in each region, spend over all of them. */
export const jobQuotaSchema = z.object({
  /** Jobs that have not ended. */
  unfinished: z.int().nonnegative(),
  /** Reserved and spent together in a calendar month (UTC), in millionths of the account's unit. */
  spendMicrosPerMonth: z.int().nonnegative(),
});
export type JobQuota = z.infer<typeof jobQuotaSchema>;

export const quotaPolicySchema = z.object({
  user: quotaSchema.partial().optional(),
  organisation: quotaSchema.partial().optional(),
  idle: idlePolicySchema.optional(),
  jobs: z
    .object({ user: jobQuotaSchema.partial().optional(), organisation: jobQuotaSchema.partial().optional() })
    .optional(),
});
export type QuotaPolicy = z.infer<typeof quotaPolicySchema>;

export interface Quotas {
  /** Of each user acting in the organisation. */
  user: Quota;
  organisation: Quota;
}

export function quotasOf(tier: Tier, policy: QuotaPolicy | undefined): Quotas {
  const usual = limits.quota[tier];
  return {
    user: { ...usual.user, ...policy?.user },
    organisation: { ...usual.organisation, ...policy?.organisation },
  };
}

export interface JobQuotas {
  user: JobQuota;
  organisation: JobQuota;
}

export function jobQuotasOf(tier: Tier, policy: QuotaPolicy | undefined): JobQuotas {
  const { unfinished, spendMicrosPerMonth } = limits.jobs;
  const usual = (of: 'user' | 'organisation'): JobQuota => ({
    unfinished: unfinished[tier][of],
    spendMicrosPerMonth: spendMicrosPerMonth[tier][of],
  });
  return {
    user: { ...usual('user'), ...policy?.jobs?.user },
    organisation: { ...usual('organisation'), ...policy?.jobs?.organisation },
  };
}

export interface IdleRules {
  secondsDefault: number;
  /** Null: as long as one likes, or for ever. */
  secondsMax: number | null;
}

export function idleRulesOf(tier: Tier, policy: QuotaPolicy | undefined): IdleRules {
  const secondsMax = policy?.idle?.secondsMax ?? null;
  const usual = policy?.idle?.secondsDefault ?? limits.lifecycle.idleSuspendSecondsByTier[tier];
  return { secondsDefault: Math.min(usual, secondsMax ?? usual), secondsMax };
}

/** What holds of a choice (null: never), which may be older than the rule. */
export const idleSecondsWithin = (chosen: number | null, secondsMax: number | null): number | null =>
  secondsMax === null ? chosen : Math.min(chosen ?? secondsMax, secondsMax);

const measured = z.object({ used: z.int(), limit: z.int() });
export const usageSchema = z
  .object({
    workspaces: measured,
    runningSandboxes: measured,
    memoryBytes: measured,
    storageBytes: measured,
  })
  .meta({ title: 'Usage' });
export type Usage = z.infer<typeof usageSchema>;
