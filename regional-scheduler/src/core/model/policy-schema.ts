/** A policy as an operator writes it: what he leaves out is as it is by default. */
import { z } from 'zod';
import { defaultPolicy } from './default-policy.ts';
import type { RegionPolicy } from './policy.ts';

const share = z.number().min(0).max(1);
const durationMs = z.number().nonnegative();

const tierSchema = z
  .strictObject({
    floorShare: share,
    weight: z.number().positive(),
    ceilingShare: share,
    ageingMs: z.number().positive(),
    startMsTarget: durationMs,
  })
  .partial();

const preemptionSchema = z
  .strictObject({
    ranMsMin: durationMs,
    perJobMax: z.int().nonnegative(),
    burst: z.number().nonnegative(),
    refillMs: z.number().positive(),
    gainMin: z.number().positive(),
    stopMs: durationMs,
  })
  .partial();

const givenSchema = z
  .strictObject({
    tiers: z.strictObject({ free: tierSchema, paid: tierSchema, enterprise: tierSchema }).partial(),
    skuPrice: z.record(z.string(), z.number().positive()),
    preemption: preemptionSchema,
    backfillDepth: z.int().nonnegative(),
  })
  .partial();

export const policySchema = givenSchema
  .transform((given): RegionPolicy => {
    const { tiers, preemption, skuPrice, backfillDepth } = defaultPolicy;
    return {
      tiers: {
        free: { ...tiers.free, ...defined(given.tiers?.free) },
        paid: { ...tiers.paid, ...defined(given.tiers?.paid) },
        enterprise: { ...tiers.enterprise, ...defined(given.tiers?.enterprise) },
      },
      skuPrice: given.skuPrice ?? skuPrice,
      preemption: { ...preemption, ...defined(given.preemption) },
      backfillDepth: given.backfillDepth ?? backfillDepth,
    };
  })
  .refine(
    ({ tiers }) => Object.values(tiers).reduce((sum, { floorShare }) => sum + floorShare, 0) <= 1,
    'the floors of all tiers are more than the whole',
  );

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
const defined = <T extends object>(given: T | undefined): Defined<T> =>
  Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined)) as Defined<T>;
